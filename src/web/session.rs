//! Cookies of a browser: the session of somebody signed in, and the form
//! token of somebody who is not. Neither can be read by a script, and neither
//! is sent with a form of another site.

use axum::http::{HeaderMap, header};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use url::Url;

/// Names of the cookies: with `__Host-`, a browser takes them only over
/// https, for exactly this host. Plain http (localhost) cannot have that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cookies {
    secure: bool,
}

impl Cookies {
    pub fn new(origin: &Url) -> Self {
        Self {
            secure: origin.scheme() == "https",
        }
    }

    pub fn session_name(self) -> &'static str {
        if self.secure {
            "__Host-vf_session"
        } else {
            "vf_session"
        }
    }

    fn form_name(self) -> &'static str {
        if self.secure {
            "__Host-vf_form"
        } else {
            "vf_form"
        }
    }

    /// The session token that a browser sent.
    pub fn session(self, headers: &HeaderMap) -> Option<String> {
        read(headers, self.session_name())
    }

    /// The form token of a browser that is not signed in.
    pub fn form(self, headers: &HeaderMap) -> Option<String> {
        read(headers, self.form_name())
    }

    /// `max_age` is how long the browser keeps it.
    pub fn set_session(self, token: &str, max_age: std::time::Duration) -> String {
        self.cookie(self.session_name(), token, Some(max_age))
    }

    pub fn end_session(self) -> String {
        self.cookie(
            self.session_name(),
            "",
            Some(std::time::Duration::from_secs(0)),
        )
    }

    /// Lasts until the browser closes.
    pub fn set_form(self, token: &str) -> String {
        self.cookie(self.form_name(), token, None)
    }

    fn cookie(
        self,
        name: &'static str,
        value: &str,
        max_age: Option<std::time::Duration>,
    ) -> String {
        let mut cookie = Cookie::new(name, value.to_owned());
        cookie.set_path("/");
        cookie.set_http_only(true);
        cookie.set_secure(self.secure);
        cookie.set_same_site(SameSite::Lax);
        let mut text = cookie.to_string();
        if let Some(age) = max_age {
            text.push_str(&format!("; Max-Age={}", age.as_secs()));
        }
        text
    }
}

fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    let jar = CookieJar::from_headers(headers);
    jar.get(name)
        .map(|cookie| cookie.value().to_owned())
        .filter(|value| !value.is_empty() && value.len() <= 200)
}

/// Was a form sent from our own pages? Browsers say so with `Origin`; a form
/// without it is refused (SECURITY.md 4).
pub fn is_from_here(headers: &HeaderMap, origin: &Url) -> bool {
    let mut sent = headers.get_all(header::ORIGIN).iter();
    let (Some(one), None) = (sent.next(), sent.next()) else {
        return false;
    };
    one.to_str()
        .ok()
        .and_then(|text| Url::parse(text).ok())
        .is_some_and(|url| url.origin() == origin.origin())
}

/// Equal, in a time that does not tell how much of it is.
pub fn tokens_match(expected: &str, sent: &str) -> bool {
    !expected.is_empty()
        && aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_bytes(), sent.as_bytes())
            .is_ok()
}

/// Where to go after signing in: a path of ours, or the timeline. Anything
/// that a browser could read as another site's address is refused.
pub fn safe_next(next: &str) -> &str {
    let is_path = next.starts_with('/') && !next.starts_with("//");
    let is_plain = next.chars().all(|c| c.is_ascii_graphic() && c != '\\');
    if is_path && is_plain && next.len() <= 2_000 {
        next
    } else {
        "/timeline"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("valid")
    }

    fn headers(origin: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::ORIGIN, origin.parse().expect("a value"))])
    }

    #[test]
    fn cookies_are_bound_to_the_host_where_https_allows_it() {
        let secure = Cookies::new(&url("https://n.example"))
            .set_session("abc", std::time::Duration::from_secs(60));
        assert_eq!(
            secure,
            "__Host-vf_session=abc; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60"
        );
        let plain = Cookies::new(&url("http://localhost:8080")).end_session();
        assert!(plain.starts_with("vf_session=; HttpOnly; SameSite=Lax; Path=/"));
        assert!(plain.ends_with("Max-Age=0"));
    }

    #[test]
    fn a_cookie_reads_back_by_its_own_name_only() {
        let cookies = Cookies::new(&url("http://localhost:8080"));
        let sent =
            |text: &str| HeaderMap::from_iter([(header::COOKIE, text.parse().expect("a value"))]);
        assert_eq!(
            cookies.session(&sent("a=1; vf_session=abc")),
            Some("abc".into())
        );
        assert_eq!(cookies.session(&sent("vf_session2=abc; vf_session=")), None);
        assert_eq!(cookies.form(&sent("vf_session=abc")), None);
    }

    #[test]
    fn only_forms_of_this_very_origin_are_taken() {
        let ours = url("https://n.example");
        assert!(is_from_here(&headers("https://n.example"), &ours));
        for other in [
            "https://evil.example",
            "http://n.example",
            "https://n.example:8443",
            "https://n.example.evil.example",
            "null",
        ] {
            assert!(!is_from_here(&headers(other), &ours), "{other}");
        }
        assert!(!is_from_here(&HeaderMap::new(), &ours));
    }

    #[test]
    fn an_empty_token_matches_nothing() {
        assert!(tokens_match("abc", "abc"));
        assert!(!tokens_match("abc", "abd"));
        assert!(!tokens_match("", ""));
    }

    #[test]
    fn signing_in_never_leads_to_another_site() {
        assert_eq!(safe_next("/compose?kind=request"), "/compose?kind=request");
        for elsewhere in [
            "",
            "timeline",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/a\r\nSet-Cookie: x=y",
        ] {
            assert_eq!(safe_next(elsewhere), "/timeline", "{elsewhere}");
        }
    }
}
