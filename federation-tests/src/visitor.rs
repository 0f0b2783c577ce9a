//! A person with a browser that has no JavaScript: pages, forms, cookies.

use std::collections::BTreeMap;

use crate::{
    http::{HTML, Reply, Request, get, post},
    node::{Node, PASSWORD},
    second_factor,
};

/// One browser at one node.
#[derive(Debug, Clone)]
pub struct Visitor {
    origin: String,
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    pub fn new(node: &Node) -> Self {
        Self {
            origin: node.origin(),
            cookies: BTreeMap::new(),
        }
    }

    /// A visitor who has signed in, and did what everybody does at the first
    /// time: a second factor where one is required, and the rules.
    pub async fn signed_in(node: &Node, email: &str) -> Self {
        let mut visitor = Self::new(node);
        let mut reply = visitor.sign_in(email, PASSWORD).await;
        if reply.status == 401 {
            let code = node.recovery_code(email).unwrap_or_default();
            let token = hidden(&reply.text(), "token").unwrap_or_default();
            let fields = [("code", code.as_str()), ("token", &token)];
            reply = visitor.send_form("/sign-in/code", &fields).await;
        }
        assert_eq!(reply.status, 303, "{}", reply.text());
        visitor.arrive(node, email).await;
        visitor
    }

    /// Does what a node asks of newcomers, if it asks.
    pub async fn arrive(&mut self, node: &Node, email: &str) {
        let setup = "/account/second-factor";
        if self.open("/timeline").await.header("location") == setup {
            let page = self.open(setup).await.expect(200).text();
            let key = between(&page, "id=\"key\">", "<");
            let code = second_factor::code(&key);
            let done = self.submit(setup, setup, &[("code", &code)]).await;
            let shown = done.expect(200).text();
            let codes = shown.split("<li class=\"once\">").skip(1);
            let codes = codes.filter_map(|rest| rest.split('<').next());
            node.keep_codes(email, codes.map(str::to_owned).collect());
        }
        let rules = "/account/rules";
        if self.open("/timeline").await.header("location") == rules {
            let page = self.open(rules).await.expect(200).text();
            let version = hidden(&page, "version").unwrap_or_default();
            let fields = [("version", version.as_str()), ("accepted", "yes")];
            self.submit(rules, rules, &fields).await.expect(303);
        }
    }

    /// Fills the form in and sends it.
    pub async fn sign_in(&mut self, email: &str, password: &str) -> Reply {
        let fields = [("email", email), ("password", password)];
        self.submit("/sign-in", "/sign-in", &fields).await
    }

    /// Opens a page; redirects are not followed.
    pub async fn open(&mut self, path: &str) -> Reply {
        let request = get(&self.address(path)).accept(HTML);
        self.send(request).await
    }

    /// Opens `page`, then sends a form on it to `action`, with the hidden
    /// token that the page carries.
    pub async fn submit(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Reply {
        let form = self.open(page).await.expect(200).text();
        let token = hidden(&form, "token").unwrap_or_default();
        let mut fields = fields.to_vec();
        fields.push(("token", &token));
        self.send_form(action, &fields).await
    }

    /// Sends a form as it is, from a page of this node.
    pub async fn send_form(&mut self, action: &str, fields: &[(&str, &str)]) -> Reply {
        let origin = self.origin.clone();
        self.send_form_from(&origin, action, fields).await
    }

    /// Sends a form as it is, from a page of any origin.
    pub async fn send_form_from(
        &mut self,
        origin: &str,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Reply {
        let request = post(&self.address(action))
            .accept(HTML)
            .header("origin", origin)
            .form(fields);
        self.send(request).await
    }

    fn address(&self, path: &str) -> String {
        match path.starts_with('/') {
            true => format!("{}{path}", self.origin),
            false => path.to_owned(),
        }
    }

    /// The `Cookie` header of this browser now.
    pub fn cookie(&self) -> String {
        let pairs = self.cookies.iter();
        let pairs: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    async fn send(&mut self, request: Request) -> Reply {
        let reply = request.header("cookie", &self.cookie()).send().await;
        for cookie in reply.headers.get_all("set-cookie") {
            let pair = cookie.to_str().unwrap_or_default();
            let pair = pair.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }
}

fn between(page: &str, before: &str, after: &str) -> String {
    let rest = page.split(before).nth(1).unwrap_or_default();
    rest.split(after).next().unwrap_or_default().to_owned()
}

/// The value of the first hidden field of this name on a page.
pub fn hidden(page: &str, name: &str) -> Option<String> {
    let tag = page
        .split("<input")
        .skip(1)
        .filter_map(|rest| rest.split('>').next())
        .find(|tag| tag.contains(&format!("name=\"{name}\"")))?;
    let value = tag.split("value=\"").nth(1)?;
    Some(value.split('"').next()?.to_owned())
}
