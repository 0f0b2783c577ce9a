//! The two ceremonies of WebAuthn (W3C, Level 3, 7.1 and 7.2), as the library
//! keeps them. Only this file knows it; everything else sees text: options for
//! the browser and its answers as JSON, what is stored as base64url.
//!
//! The library checks type, challenge, origin, RP id, presence, verification,
//! algorithm, signature and counter. Which challenge belongs to which browser,
//! and that it is used once, is for the caller.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use url::Host;
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthentication, DiscoverableAuthenticationServerState,
    DiscoverableCredentialRequestOptions, PublicKeyCredentialCreationOptions, Registration,
    RegistrationServerState,
    bin::{Decode, Encode},
    request::{
        AsciiDomain, ExtensionInfo, PublicKeyCredentialDescriptor, RpId,
        auth::AuthenticationVerificationOptions,
        register::{
            CredProtect, Nickname, PublicKeyCredentialUserEntity, RegistrationVerificationOptions,
            UserHandle, Username,
        },
    },
    response::{
        AuthTransports, CredentialId,
        auth::error::AuthCeremonyErr,
        register::{CompressedPubKey, DynamicState, StaticState},
    },
};

use crate::{domain::id::UserId, storage::passkeys::Credential, urls::Urls};

/// By what an authenticator knows a person: our own id, which says nothing
/// about them.
const HANDLE_BYTES: usize = 8;
type Handle = UserHandle<HANDLE_BYTES>;
type PublicKey = CompressedPubKey<[u8; 32], [u8; 32], [u8; 48], Vec<u8>>;

/// This node, as authenticators know it. It never changes as long as
/// `server.public_url` does not: passkeys are bound to it.
pub(super) struct RelyingParty {
    id: RpId,
    /// As browsers write it.
    origin: String,
}

/// A ceremony that has begun.
pub(super) struct Begun {
    /// `PublicKeyCredentialCreationOptionsJSON` or `…RequestOptionsJSON`.
    pub options: String,
    /// What must be known again at its end.
    pub state: String,
}

/// Why an answer counts for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The signature was right, but its counter was not above the last one:
    /// somebody else may have a copy of the key.
    Counter,
    Other,
}

impl RelyingParty {
    /// `None` where the node is named by an IP address, which has no passkeys
    /// (WebAuthn, 5.1.2).
    pub fn of(urls: &Urls) -> Option<Self> {
        let Some(Host::Domain(name)) = urls.origin().host() else {
            return None;
        };
        let name = AsciiDomain::try_from(name.to_owned()).ok()?;
        Some(Self {
            id: RpId::Domain(name),
            origin: urls.origin().origin().ascii_serialization(),
        })
    }

    /// Asks for a new passkey, not on an authenticator that holds one of `known`.
    pub fn begin_adding(&self, user: UserId, email: &str, known: &[Credential]) -> Begun {
        let handle = handle(user);
        let entity = PublicKeyCredentialUserEntity {
            // An address that the profile of user names (RFC 8265) refuses is
            // not shown by the authenticator; its id takes the place.
            name: Username::try_from(email.to_owned())
                .or_else(|_| Username::try_from(user.to_string()))
                .expect("digits are a user name"),
            id: &handle,
            display_name: Nickname::try_from(email.to_owned()).ok(),
        };
        let known = known.iter().filter_map(descriptor).collect();
        let mut options = PublicKeyCredentialCreationOptions::passkey(&self.id, entity, known);
        // Asked for, so that a stolen security key does not tell whose it is;
        // not insisted on, because we never take an answer without verification.
        options.extensions.cred_protect =
            CredProtect::UserVerificationRequired(ExtensionInfo::AllowDontEnforceValue);
        let (state, asked) = options
            .start_ceremony()
            .expect("the options fit one another");
        Begun {
            options: serde_json::to_string(&asked).expect("options are JSON"),
            state: encode(&state.encode().expect("the clock stands after 1970")),
        }
    }

    /// Reads the answer to [`Self::begin_adding`].
    pub fn finish_adding(&self, state: &str, answer: &str) -> Result<Credential, Refusal> {
        let state = RegistrationServerState::<HANDLE_BYTES>::decode(&bytes(state)?)
            .map_err(|error| refuse(&error))?;
        let answer =
            Registration::from_json_relaxed(answer.as_bytes()).map_err(|error| refuse(&error))?;
        let origins = [self.origin.as_str()];
        let options = RegistrationVerificationOptions::<&str, &str> {
            allowed_origins: &origins,
            // Browsers and password managers add some of their own.
            error_on_unsolicited_extensions: false,
            ..RegistrationVerificationOptions::default()
        };
        let made = state
            .verify(&self.id, &answer, &options)
            .map_err(|error| refuse(&error))?;
        let Ok(public_key) = made.static_state().encode();
        let Ok(state) = made.dynamic_state().encode();
        Ok(Credential {
            credential: encode(made.id().as_ref()),
            public_key: encode(&public_key),
            state: encode(&state),
        })
    }

    /// Asks for a signature with whichever passkey the person chooses. The
    /// question is the same for everybody, so it tells nothing about anybody.
    pub fn begin_signing_in(&self) -> Begun {
        let (state, asked) = DiscoverableCredentialRequestOptions::passkey(&self.id)
            .start_ceremony()
            .expect("the options fit one another");
        Begun {
            options: serde_json::to_string(&asked).expect("options are JSON"),
            state: encode(&state.encode().expect("the clock stands after 1970")),
        }
    }

    /// Checks the answer to [`Self::begin_signing_in`] by the passkey that it
    /// names; the passkey's state after it.
    pub fn finish_signing_in(
        &self,
        state: &str,
        answer: &Answer,
        owner: UserId,
        known: &Credential,
    ) -> Result<String, Refusal> {
        let state = DiscoverableAuthenticationServerState::decode(&bytes(state)?)
            .map_err(|error| refuse(&error))?;
        let (handle, id) = (handle(owner), bytes(&known.credential)?);
        let id = CredentialId::<&[u8]>::decode(&id).map_err(|error| refuse(&error))?;
        let public_key = StaticState::<PublicKey>::decode(&bytes(&known.public_key)?)
            .map_err(|error| refuse(&error))?;
        let last: [u8; 7] = bytes(&known.state)?
            .try_into()
            .map_err(|_| Refusal::Other)?;
        let last = DynamicState::decode(last).map_err(|error| refuse(&error))?;
        let mut passkey = AuthenticatedCredential::new(id, &handle, public_key, last)
            .map_err(|error| refuse(&error))?;
        let origins = [self.origin.as_str()];
        let options = AuthenticationVerificationOptions::<&str, &str> {
            allowed_origins: &origins,
            error_on_unsolicited_extensions: false,
            ..AuthenticationVerificationOptions::default()
        };
        match state.verify(&self.id, &answer.0, &mut passkey, &options) {
            Ok(_) => {
                let Ok(state) = passkey.dynamic_state().encode();
                Ok(encode(&state))
            }
            Err(AuthCeremonyErr::SignatureCounter) => Err(Refusal::Counter),
            Err(error) => Err(refuse(&error)),
        }
    }
}

/// A browser's answer to [`RelyingParty::begin_signing_in`], not checked yet.
pub(super) struct Answer(DiscoverableAuthentication<HANDLE_BYTES>);

impl Answer {
    pub fn read(json: &str) -> Result<Self, Refusal> {
        let read = DiscoverableAuthentication::from_json_relaxed(json.as_bytes());
        read.map(Self).map_err(|error| refuse(&error))
    }

    /// Which passkey it says to come from, in base64url.
    pub fn credential(&self) -> String {
        encode(self.0.raw_id().as_ref())
    }
}

fn handle(user: UserId) -> Handle {
    let Ok(handle) = Handle::decode(user.0.to_be_bytes());
    handle
}

fn descriptor(known: &Credential) -> Option<PublicKeyCredentialDescriptor<Vec<u8>>> {
    let id = CredentialId::<Vec<u8>>::decode(bytes(&known.credential).ok()?).ok()?;
    let transports = AuthTransports::decode(0).ok()?;
    Some(PublicKeyCredentialDescriptor { id, transports })
}

/// The reason is for whoever looks for a fault; the person learns only that it
/// did not work.
fn refuse(reason: &dyn std::fmt::Display) -> Refusal {
    tracing::debug!(%reason, "a passkey is refused");
    Refusal::Other
}

fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes(text: &str) -> Result<Vec<u8>, Refusal> {
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(text);
    decoded.map_err(|error| refuse(&error))
}
