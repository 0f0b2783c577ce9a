//! The signature base (RFC 9421 2.5): the text that is signed.

use http::Method;
use sfv::{FieldType, InnerList, List, ListEntry};
use url::Url;

use crate::federation::{
    origin::Origin,
    signatures::{Received, SignError, host},
};

/// What the components that begin with `@` are made from.
pub(super) struct Target<'a> {
    method: &'a Method,
    scheme: &'a str,
    authority: String,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// Of a request whose Host names `ours`: its address is one of ours,
    /// however the host was spelt.
    pub fn received(request: &Received<'a>, ours: &'a Origin) -> Self {
        Self {
            method: request.method,
            scheme: ours.scheme(),
            authority: ours.authority(),
            path: request.path,
            query: request.query,
        }
    }

    /// Of a request that we send.
    pub fn sent(method: &'a Method, url: &'a Url) -> Result<Self, SignError> {
        Ok(Self {
            method,
            scheme: url.scheme(),
            authority: host(url)?,
            path: url.path(),
            query: url.query(),
        })
    }

    /// RFC 9421 2.2. `None` for headers and for what we do not know.
    pub fn component(&self, name: &str) -> Option<String> {
        let query = |query: &str| format!("?{query}");
        let path_and_query = || {
            let query = self.query.map(query).unwrap_or_default();
            format!("{}{query}", self.path)
        };
        match name {
            super::METHOD => Some(self.method.as_str().to_owned()),
            super::TARGET_URI => Some(format!(
                "{}://{}{}",
                self.scheme,
                self.authority,
                path_and_query()
            )),
            "@scheme" => Some(self.scheme.to_owned()),
            "@authority" => Some(self.authority.clone()),
            "@request-target" => Some(path_and_query()),
            "@path" => Some(self.path.to_owned()),
            "@query" => Some(query(self.query.unwrap_or_default())),
            _ => None,
        }
    }
}

/// A line for each component, and what the signature says of itself. Names
/// are plain text: nothing in them needs escaping.
pub(super) fn base<E>(
    covered: &InnerList,
    value: impl Fn(&str) -> Result<String, E>,
) -> Result<String, E> {
    let mut base = String::new();
    for item in &covered.items {
        let name = item.bare_item.as_string().map_or("", |name| name.as_str());
        base.push_str(&format!("\"{name}\": {}\n", value(name)?));
    }
    base.push_str(&format!("\"@signature-params\": {}", written(covered)));
    Ok(base)
}

/// The list in the only form that is signed (RFC 9421 2.3).
pub(super) fn written(covered: &InnerList) -> String {
    let list: List = vec![ListEntry::InnerList(covered.clone())];
    list.serialize().unwrap_or_default()
}
