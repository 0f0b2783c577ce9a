//! Paging as Mastodon does it: by ids in the query, with the neighbouring
//! pages named in the `Link` header.

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use url::{Url, form_urlencoded};

use super::extract::Params;
use crate::domain::page::Window;

/// How many items a list gives when the client does not say, and at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub default: i64,
    pub most: i64,
}

/// Lists of statuses.
pub const STATUSES: Limits = Limits {
    default: 20,
    most: 40,
};
/// Lists of accounts.
pub const ACCOUNTS: Limits = Limits {
    default: 40,
    most: 80,
};

impl Limits {
    /// The client's `limit` within bounds.
    pub fn limit(self, params: &Params) -> i64 {
        params
            .parsed("limit")
            .unwrap_or(self.default)
            .clamp(1, self.most)
    }

    /// The part of the list that the client asks for.
    pub fn window(self, params: &Params) -> Window {
        Window {
            before: id(params, "max_id"),
            after: id(params, "since_id"),
            just_after: id(params, "min_id"),
            limit: self.limit(params),
        }
    }
}

/// A bound. Clients begin at the top with ids beyond every number, so digits
/// that do not fit mean the greatest id; what is no number is no bound.
fn id(params: &Params, name: &str) -> Option<i64> {
    let text = params.text(name)?;
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(i64::MAX))
}

/// A page of a list, with the pages beside it.
#[derive(Debug)]
pub struct Page<T> {
    items: Vec<T>,
    link: Option<HeaderValue>,
}

impl<T> Page<T> {
    /// `ids` are the sort ids of the first and the last item; `origin` is the
    /// node's public address and `uri` what the client asked for. An empty
    /// page has no neighbours.
    pub fn new(items: Vec<T>, ids: Option<(i64, i64)>, origin: &Url, uri: &Uri) -> Self {
        let link = ids.and_then(|(first, last)| {
            let next = neighbour(origin, uri, "max_id", last);
            let previous = neighbour(origin, uri, "min_id", first);
            // `next` first: one client reads the header from its beginning.
            HeaderValue::try_from(format!(
                "<{next}>; rel=\"next\", <{previous}>; rel=\"prev\""
            ))
            .ok()
        });
        Self { items, link }
    }

    /// A page of a list that has nothing for these parameters.
    pub fn empty() -> Self {
        Self {
            items: Vec::new(),
            link: None,
        }
    }
}

/// The absolute address of the same list from `bound` on, other parameters
/// kept. Some clients split the header at commas and semicolons, so neither
/// stands in the address.
fn neighbour(origin: &Url, uri: &Uri, bound: &str, id: i64) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        if !matches!(name.as_ref(), "max_id" | "min_id" | "since_id") {
            query.append_pair(&name, &value);
        }
    }
    query.append_pair(bound, &id.to_string());
    let path = uri.path().replace(',', "%2C").replace(';', "%3B");
    let origin = origin.origin().ascii_serialization();
    format!("{origin}{path}?{}", query.finish())
}

impl<T: Serialize> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        if let Some(link) = self.link {
            headers.insert(header::LINK, link);
        }
        (headers, Json(self.items)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, extract::FromRequest, extract::Request};

    use super::*;

    async fn window(query: &str) -> Window {
        let request = Request::get(format!("/?{query}"))
            .body(Body::empty())
            .expect("a request");
        let params = Params::from_request(request, &()).await.expect("reads");
        STATUSES.window(&params)
    }

    fn link(uri: &str) -> String {
        let origin = Url::parse("https://n.example:8443/").expect("a URL");
        let uri = uri.parse().expect("a URI");
        let page = Page::new(vec![9, 5], Some((9, 5)), &origin, &uri);
        let response = page.into_response();
        response.headers()[header::LINK]
            .to_str()
            .expect("ASCII")
            .to_owned()
    }

    #[tokio::test]
    async fn bounds_and_limit_come_from_the_query() {
        assert_eq!(window("").await, Window::first(20));
        assert_eq!(
            window("max_id=9&since_id=3&min_id=4&limit=7").await,
            Window {
                before: Some(9),
                after: Some(3),
                just_after: Some(4),
                limit: 7
            }
        );
    }

    #[tokio::test]
    async fn the_limit_stays_within_its_bounds() {
        for (text, limit) in [("0", 1), ("-5", 1), ("1000", 40), ("x", 20)] {
            assert_eq!(window(&format!("limit={text}")).await.limit, limit);
        }
    }

    #[tokio::test]
    async fn an_id_beyond_every_number_is_the_greatest_and_a_word_is_none() {
        let far = "9".repeat(30);
        assert_eq!(
            window(&format!("max_id={far}")).await.before,
            Some(i64::MAX)
        );
        for word in ["x", "-1", "None", ""] {
            assert_eq!(window(&format!("max_id={word}")).await.before, None);
        }
    }

    #[test]
    fn next_stands_first_and_both_addresses_are_absolute() {
        assert_eq!(
            link("/api/v1/timelines/public"),
            "<https://n.example:8443/api/v1/timelines/public?max_id=5>; rel=\"next\", \
             <https://n.example:8443/api/v1/timelines/public?min_id=9>; rel=\"prev\""
        );
    }

    #[test]
    fn other_parameters_are_kept_and_old_bounds_are_not() {
        let link = link("/a?limit=2&max_id=7&local=true&since_id=1");
        assert!(link.starts_with("<https://n.example:8443/a?limit=2&local=true&max_id=5>"));
    }

    #[test]
    fn commas_and_semicolons_are_encoded() {
        let link = link("/a,b;c?any[]=x,y;z");
        let next = link.split(">;").next().expect("a first part");
        assert_eq!(
            next,
            "<https://n.example:8443/a%2Cb%3Bc?any%5B%5D=x%2Cy%3Bz&max_id=5"
        );
    }

    #[test]
    fn an_empty_page_has_no_link_header() {
        let origin = Url::parse("https://n.example/").expect("a URL");
        let page = Page::<i64>::new(Vec::new(), None, &origin, &Uri::from_static("/a"));
        let response = page.into_response();
        assert!(!response.headers().contains_key(header::LINK));
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
    }
}
