//! In which way a request is signed, and in which next when it is refused
//! (PROTOCOL.md 7.1): the draft first, because some servers answer what they
//! cannot verify with half a document; RFC 9421 for those that ask for it or
//! take nothing else.

use chrono::{DateTime, Utc};
use http::{HeaderMap, Method, StatusCode, header::HeaderName};
use url::Url;

use super::{
    SignError, Signer,
    cavage::{self, Query},
    rfc9421::{self, Asked},
};

static ACCEPT_SIGNATURE: HeaderName = HeaderName::from_static("accept-signature");

/// Most requests for one answer.
const MAX_ATTEMPTS: usize = 3;

/// One way to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    Cavage(Query),
    Rfc9421(Asked),
}

impl Scheme {
    /// The headers of a signed request. RSA takes about 0.7 ms.
    pub fn sign(
        &self,
        signer: &Signer,
        method: &Method,
        url: &Url,
        body: Option<&[u8]>,
        now: DateTime<Utc>,
    ) -> Result<HeaderMap, SignError> {
        match self {
            Self::Cavage(query) => cavage::sign(signer, method, url, *query, body, now),
            Self::Rfc9421(asked) => rfc9421::sign(signer, method, url, body, asked, now),
        }
    }

    fn is_rfc9421(&self) -> bool {
        matches!(self, Self::Rfc9421(_))
    }
}

/// What the headers of an answer ask for, if we can give it.
pub fn asked_in(headers: &HeaderMap) -> Option<Asked> {
    let mut values = headers.get_all(&ACCEPT_SIGNATURE).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Asked::read(value.to_str().ok()?),
        (Some(_) | None, _) => None,
    }
}

/// The ways in which one request was signed so far; the last counts.
#[derive(Debug, Clone)]
pub struct Attempts {
    tried: Vec<Scheme>,
    current: Scheme,
    has_query: bool,
}

impl Attempts {
    pub fn new(first: Scheme, url: &Url) -> Self {
        Self {
            tried: Vec::new(),
            current: first,
            has_query: url.query().is_some(),
        }
    }

    pub fn current(&self) -> &Scheme {
        &self.current
    }

    /// Was anything but the first way needed?
    pub fn changed(&self) -> bool {
        !self.tried.is_empty()
    }

    /// Shall the request be sent once more, signed in the way that is now
    /// current? `asked` is what the answer asked for.
    pub fn after(&mut self, status: StatusCode, asked: Option<Asked>) -> bool {
        let is_refused = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
        if !is_refused || self.tried.len() + 1 >= MAX_ATTEMPTS {
            return false;
        }
        let Some(next) = self.next(status, asked) else {
            return false;
        };
        let refused = std::mem::replace(&mut self.current, next);
        self.tried.push(refused);
        true
    }

    fn next(&self, status: StatusCode, asked: Option<Asked>) -> Option<Scheme> {
        let all = || self.tried.iter().chain([&self.current]);
        let wish = asked.map(Scheme::Rfc9421);
        // One more try for one who asks; a wish that changes with every
        // answer is no reason for another.
        if let Some(wish) = wish
            && self.current != wish
            && all().filter(|one| one.is_rfc9421()).count() < 2
        {
            return Some(wish);
        }
        // Older servers leave the query out of what is signed (7.2.4).
        if self.current == Scheme::Cavage(Query::Signed)
            && self.has_query
            && status == StatusCode::UNAUTHORIZED
        {
            return Some(Scheme::Cavage(Query::LeftOut));
        }
        if !all().any(Scheme::is_rfc9421) {
            return Some(Scheme::Rfc9421(Asked::default()));
        }
        (!all().any(|one| !one.is_rfc9421())).then_some(Scheme::Cavage(Query::Signed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "https://a.example/inbox";
    const ASKING: &str = "https://a.example/outbox?page=1";
    const CAVAGE: Scheme = Scheme::Cavage(Query::Signed);

    fn rfc9421() -> Scheme {
        Scheme::Rfc9421(Asked::default())
    }

    /// All that is tried with a server that always answers like this.
    fn tried(first: Scheme, url: &str, status: u16, asked: &str) -> Vec<Scheme> {
        let mut attempts = Attempts::new(first, &url.parse().expect("an address"));
        let mut all = vec![attempts.current().clone()];
        let status = StatusCode::from_u16(status).expect("a status");
        while attempts.after(status, Asked::read(asked)) {
            all.push(attempts.current().clone());
        }
        assert_eq!(attempts.changed(), all.len() > 1);
        all
    }

    #[test]
    fn the_draft_is_tried_first_and_rfc_9421_once_when_refused() {
        for status in [401, 403] {
            assert_eq!(tried(CAVAGE, PLAIN, status, ""), [CAVAGE, rfc9421()]);
            assert_eq!(tried(rfc9421(), PLAIN, status, ""), [rfc9421(), CAVAGE]);
        }
        for status in [200, 202, 302, 400, 404, 410, 429, 500] {
            assert_eq!(tried(CAVAGE, PLAIN, status, ""), [CAVAGE], "{status}");
        }
    }

    #[test]
    fn a_query_is_left_out_before_the_scheme_is_changed() {
        let left_out = Scheme::Cavage(Query::LeftOut);
        assert_eq!(
            tried(CAVAGE, ASKING, 401, ""),
            [CAVAGE, left_out.clone(), rfc9421()]
        );
        assert_eq!(tried(CAVAGE, ASKING, 403, ""), [CAVAGE, rfc9421()]);
        assert_eq!(
            tried(rfc9421(), ASKING, 401, ""),
            [rfc9421(), CAVAGE, left_out]
        );
    }

    #[test]
    fn a_server_that_asks_gets_what_it_asks_for_at_once() {
        let asked = r#"a=("@method" "@authority")"#;
        let wish = Scheme::Rfc9421(Asked::read(asked).expect("a wish"));
        let queried = tried(CAVAGE, ASKING, 401, asked);
        assert_eq!(queried, [CAVAGE, wish.clone()]);
        let remembered = tried(rfc9421(), PLAIN, 401, asked);
        assert_eq!(remembered, [rfc9421(), wish, CAVAGE]);
    }

    #[test]
    fn a_wish_that_changes_every_time_ends_all_the_same() {
        let mut attempts = Attempts::new(CAVAGE, &PLAIN.parse().expect("an address"));
        let mut count = 1;
        while attempts.after(
            StatusCode::UNAUTHORIZED,
            Asked::read(&format!(r#"a=();nonce="{count}""#)),
        ) {
            count += 1;
        }
        assert_eq!(count, 3);
    }

    #[test]
    fn a_wish_is_read_from_one_header_only() {
        let mut headers = HeaderMap::new();
        assert_eq!(asked_in(&headers), None);
        let offer = http::HeaderValue::from_static(rfc9421::OFFER);
        headers.append(&ACCEPT_SIGNATURE, offer.clone());
        assert_eq!(asked_in(&headers), Some(Asked::default()));
        headers.append(&ACCEPT_SIGNATURE, offer);
        assert_eq!(asked_in(&headers), None);
    }
}
