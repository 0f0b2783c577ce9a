//! Passwords are stored as Argon2id hashes only (SECURITY.md 4).

use std::sync::LazyLock;

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version,
    password_hash::SaltString,
};

use crate::operations::{Forum, random_token};

/// 64 MiB, 3 passes, 1 lane (SECURITY.md 4).
fn argon2() -> Argon2<'static> {
    let params = Params::new(64 * 1024, 3, 1, None).expect("these parameters are in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_now(password: &str) -> String {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
    let salt = SaltString::encode_b64(&bytes).expect("16 bytes are a valid salt");
    argon2()
        .hash_password(password.as_bytes(), &salt)
        .expect("parameters and salt are valid")
        .to_string()
}

/// A hash that no password matches by chance, to spend the same time on an
/// unknown address as on a known one.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now(&random_token()));

fn verify_now(password: &str, hash: Option<&str>) -> bool {
    let known = hash.is_some();
    let hash = hash.unwrap_or(&NOBODY);
    let matches = PasswordHash::new(hash)
        .is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok());
    matches && known
}

/// Hashes off the async threads, a few at a time.
pub(super) async fn hash(forum: &Forum, password: String) -> String {
    let _permit = forum.hashing.acquire().await;
    tokio::task::spawn_blocking(move || hash_now(&password))
        .await
        .expect("hashing does not panic")
}

/// Takes the same time whether or not there is a hash.
pub(super) async fn verify(forum: &Forum, password: String, hash: Option<String>) -> bool {
    let _permit = forum.hashing.acquire().await;
    tokio::task::spawn_blocking(move || verify_now(&password, hash.as_deref()))
        .await
        .expect("verifying does not panic")
}
