//! The guarded client itself: GET with redirects by hand, POST without any.

use std::{sync::Arc, time::Duration};

use http::{
    HeaderMap, HeaderValue, Method, Request, StatusCode, Uri,
    header::{ACCEPT, CONTENT_TYPE, LOCATION, USER_AGENT},
};
use http_body_util::Full;
use hyper::body::Bytes;
use tokio::time::timeout;
use url::Url;

use super::{
    Accept, Budget, Clock, FetchError, FetchSettings, Fetched, Gate, MAX_REQUESTS, TlsError,
    answer::{Answer, excerpt, read_body, retry_after, single},
    document::content_type,
    policy::Policy,
    road::Road,
    tls,
};
use crate::federation::{
    json::parse_strict,
    origin::same_origin,
    signatures::{Attempts, Scheme, SchemeMemory, Signer, asked_in, rfc9421::Asked},
};

/// The answer to a POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    pub status: StatusCode,
    pub retry_after: Option<Duration>,
    /// How the server wants requests to be signed.
    pub asked: Option<Asked>,
    /// The beginning of the text, in one line, for the operator.
    pub excerpt: String,
}

/// The only client for outgoing requests. Clones share connections.
#[derive(Clone)]
pub struct GuardedClient {
    inner: Arc<Inner>,
    schemes: SchemeMemory,
}

struct Inner {
    policy: Arc<Policy>,
    gate: Gate,
    road: Road,
    /// For [`Budget::unverified`].
    unverified: Road,
    user_agent: HeaderValue,
    clock: Clock,
    total_timeout: Duration,
}

impl GuardedClient {
    /// Reads the system's certificate authorities and `extra_ca`.
    pub fn new(settings: &FetchSettings, clock: Clock) -> Result<Self, TlsError> {
        let policy = Arc::new(Policy::new(settings));
        let tls = tls::config(settings.extra_ca.as_deref())?;
        let user_agent = format!(
            "VirtualForum/{} (+{})",
            env!("CARGO_PKG_VERSION"),
            settings.public_url.as_str().trim_end_matches('/')
        );
        let inner = Inner {
            road: Road::new(settings, &policy, tls.clone()),
            unverified: Road::unverified(settings, &policy, tls),
            policy,
            gate: settings.gate.clone(),
            user_agent: HeaderValue::try_from(user_agent)
                .expect("a version and a parsed address are plain text"),
            clock,
            total_timeout: settings.total_timeout,
        };
        Ok(Self {
            inner: Arc::new(inner),
            schemes: SchemeMemory::forgetful(),
        })
    }

    /// Remembers how servers want requests to be signed.
    #[must_use]
    pub fn remembering(self, schemes: SchemeMemory) -> Self {
        Self { schemes, ..self }
    }

    pub fn schemes(&self) -> &SchemeMemory {
        &self.schemes
    }

    /// Fetches a document and believes it only as far as `accept` says.
    /// Every request, redirects included, is paid from `budget`.
    pub async fn get_json(
        &self,
        url: &Url,
        accept: Accept,
        signer: Option<&Signer>,
        budget: &Budget,
    ) -> Result<Fetched, FetchError> {
        let chain = self.follow(url, accept, signer, budget);
        timeout(self.inner.total_timeout, chain)
            .await
            .map_err(|_| FetchError::Timeout)?
    }

    /// Sends `body` with `headers` (those of [`Scheme::sign`]) as an activity.
    /// A redirect is an answer like any other: it is not followed.
    pub async fn post(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response, FetchError> {
        let mut headers = headers;
        headers
            .entry(CONTENT_TYPE)
            .or_insert(HeaderValue::from_static("application/activity+json"));
        let road = &self.inner.road;
        let sent = self.inner.send(road, Method::POST, url, headers, body);
        let answer = timeout(self.inner.total_timeout, sent)
            .await
            .map_err(|_| FetchError::Timeout)??;
        let retry_after = retry_after(answer.headers(), (self.inner.clock)());
        Ok(Response {
            status: answer.status(),
            retry_after,
            asked: asked_in(answer.headers()),
            excerpt: excerpt(answer).await,
        })
    }

    async fn follow(
        &self,
        url: &Url,
        accept: Accept,
        signer: Option<&Signer>,
        budget: &Budget,
    ) -> Result<Fetched, FetchError> {
        let inner = &self.inner;
        let mut url = url.clone();
        url.set_fragment(None);
        let mut attempts = self.attempts(&url).await;
        for left in (0..MAX_REQUESTS).rev() {
            // The same as for a host that does not answer.
            if !inner.gate.admits(&url) {
                return Err(FetchError::Unreachable);
            }
            budget.spend()?;
            let headers = inner
                .heading(&url, accept, signer, attempts.current())
                .await?;
            let answer = inner
                .send(inner.road(budget), Method::GET, &url, headers, Bytes::new())
                .await?;
            let status = answer.status();
            if is_redirect(status) {
                url = inner.redirected(&url, accept, answer.headers())?;
                attempts = self.attempts(&url).await;
                continue;
            }
            let may_sign_anew = signer.is_some() && left > 0;
            if may_sign_anew && attempts.after(status, asked_in(answer.headers())) {
                continue;
            }
            if signer.is_some() && status.is_success() {
                let now = (inner.clock)();
                self.schemes.taken(&url, &attempts, now).await;
            }
            return inner.read(url, accept, answer).await;
        }
        Err(FetchError::TooManyRedirects)
    }

    /// In which way to sign what goes to this address, and in which next.
    pub async fn attempts(&self, url: &Url) -> Attempts {
        self.schemes.attempts(url, (self.inner.clock)()).await
    }
}

impl Inner {
    fn road(&self, budget: &Budget) -> &Road {
        if budget.is_unverified() {
            &self.unverified
        } else {
            &self.road
        }
    }

    /// The headers of a GET.
    async fn heading(
        &self,
        url: &Url,
        accept: Accept,
        signer: Option<&Signer>,
        scheme: &Scheme,
    ) -> Result<HeaderMap, FetchError> {
        let mut headers = match signer {
            Some(signer) => {
                self.signed(signer.clone(), url.clone(), scheme.clone())
                    .await?
            }
            None => HeaderMap::new(),
        };
        headers.insert(ACCEPT, HeaderValue::from_static(accept.header()));
        Ok(headers)
    }

    /// An RSA signature takes too long for a thread that serves others.
    async fn signed(
        &self,
        signer: Signer,
        url: Url,
        scheme: Scheme,
    ) -> Result<HeaderMap, FetchError> {
        let now = (self.clock)();
        let signed = tokio::task::spawn_blocking(move || {
            scheme.sign(&signer, &Method::GET, &url, None, now)
        });
        // A blocking task is not cancelled but by the end of the process.
        Ok(signed.await.map_err(|_| FetchError::Busy)??)
    }

    async fn send(
        &self,
        road: &Road,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, FetchError> {
        self.policy.check(url)?;
        let uri = Uri::try_from(url.as_str()).map_err(|_| FetchError::BadAddress)?;
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        request
            .headers_mut()
            .insert(USER_AGENT, self.user_agent.clone());
        road.http().request(request).await.map_err(|error| {
            tracing::debug!(host = url.host_str(), ?error, "request failed");
            FetchError::of_client(&error)
        })
    }

    fn redirected(
        &self,
        from: &Url,
        accept: Accept,
        headers: &HeaderMap,
    ) -> Result<Url, FetchError> {
        let mut to = single(headers, &LOCATION)
            .and_then(|location| from.join(location).ok())
            .ok_or(FetchError::BadRedirect)?;
        to.set_fragment(None);
        if from.scheme() == "https" && to.scheme() != "https" {
            return Err(FetchError::Downgrade);
        }
        if accept.is_bound_to_origin() && !same_origin(from, &to) {
            return Err(FetchError::CrossOriginRedirect);
        }
        Ok(to)
    }

    async fn read(&self, url: Url, accept: Accept, answer: Answer) -> Result<Fetched, FetchError> {
        match answer.status() {
            StatusCode::GONE => return Err(FetchError::Gone),
            status if !status.is_success() => {
                return Err(FetchError::Status {
                    status: status.as_u16(),
                    retry_after: retry_after(answer.headers(), (self.clock)()),
                });
            }
            _ => {}
        }
        let content_type = content_type(answer.headers(), accept)?;
        let bytes = read_body(answer).await?;
        let json = parse_strict(&bytes)?;
        let fetched = Fetched {
            url,
            json,
            content_type,
        };
        if accept.is_bound_to_origin() {
            fetched.check_origin()?;
        }
        Ok(fetched)
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}
