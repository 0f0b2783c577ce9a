// RSA keys of any size, and what they sign (PKCS #1 v1.5 with SHA-256): the
// library of the tests neither makes nor uses any below 2048 bits.
//
//   rsa.js make BITS           prints {"public", "private"}, both PEM
//   rsa.js sign PRIVATE TEXT   prints {"signature"}, in Base64
import { generateKeyPairSync, sign } from 'node:crypto';

const [order, key, text] = process.argv.slice(2);
const orders = {
  make() {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: Number(key),
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    return { public: publicKey, private: privateKey };
  },
  sign() {
    return { signature: sign('sha256', Buffer.from(text), key).toString('base64') };
  },
};
console.log(JSON.stringify(orders[order]()));
