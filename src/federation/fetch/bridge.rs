//! Lends the guarded client to libraries that fetch with `reqwest`: their
//! requests are answered here and never reach a network stack of their own.

use std::{future::Future, net::SocketAddr, pin::Pin};

use http::{
    Extensions, StatusCode,
    header::{ACCEPT, CONTENT_TYPE},
};
use reqwest::{Method, Request, Response, ResponseBuilderExt};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Error, Next, Result};
use url::Url;

use super::{Accept, Budget, FetchError, Fetched, GuardedClient};
use crate::federation::{json::normalise, signatures::Signer};

/// Why a library's request was not sent.
#[derive(Debug, thiserror::Error)]
enum BridgeError {
    #[error("only GET is answered here: activities go through the delivery lanes")]
    Method,
    #[error("this client connects to nothing itself")]
    OwnConnection,
    #[error("no answer could be made: {0}")]
    Answer(#[from] http::Error),
}

tokio::task_local! {
    static BUDGET: Budget;
}

/// Runs `work` so that what a library fetches in it is paid from `budget`.
/// Outside of this, each document has a budget of its own.
pub async fn within<F: Future>(budget: Budget, work: F) -> F::Output {
    BUDGET.scope(budget, work).await
}

/// A client that answers GET by the guarded client, signed by `signer` (the
/// node's own actor). Documents arrive normalised; 410 arrives as a status,
/// every other failure as an error that holds a [`FetchError`].
pub fn bridged_client(
    guarded: GuardedClient,
    signer: Option<Signer>,
) -> reqwest::Result<ClientWithMiddleware> {
    let answering = answering(move |request, _, _| {
        let (guarded, signer) = (guarded.clone(), signer.clone());
        Box::pin(async move { answer(&guarded, signer.as_ref(), &request).await })
    });
    Ok(ClientBuilder::new(dead_end()?).with(answering).build())
}

/// Tells the compiler the shape of the closure.
fn answering<F>(answer: F) -> F
where
    F: for<'a> Fn(Request, &'a mut Extensions, Next<'a>) -> Answering<'a>,
{
    answer
}

type Answering<'a> = Pin<Box<dyn Future<Output = Result<Response>> + Send + 'a>>;

/// The client that the library's type demands beneath ours. It is never
/// asked; if it were, it would find no host and follow no redirect.
fn dead_end() -> reqwest::Result<reqwest::Client> {
    struct NoHosts;
    impl reqwest::dns::Resolve for NoHosts {
        fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
            Box::pin(async {
                let refused: std::result::Result<Box<dyn Iterator<Item = SocketAddr> + Send>, _> =
                    Err(BridgeError::OwnConnection.into());
                refused
            })
        }
    }
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .dns_resolver(NoHosts)
        .build()
}

async fn answer(
    guarded: &GuardedClient,
    signer: Option<&Signer>,
    request: &Request,
) -> Result<Response> {
    if *request.method() != Method::GET {
        return Err(Error::middleware(BridgeError::Method));
    }
    let budget = BUDGET.try_with(Budget::clone).unwrap_or_default();
    let accept = accept(request);
    match guarded
        .get_json(request.url(), accept, signer, &budget)
        .await
    {
        Ok(fetched) => document(accept, fetched),
        Err(FetchError::Gone) => {
            response(StatusCode::GONE, request.url().clone(), None, String::new())
        }
        Err(error) => Err(Error::middleware(error)),
    }
}

fn accept(request: &Request) -> Accept {
    let asked = request.headers().get(ACCEPT);
    match asked.and_then(|value| value.to_str().ok()) {
        Some("application/jrd+json") => Accept::WebFinger,
        Some(_) | None => Accept::ActivityPub,
    }
}

fn document(accept: Accept, fetched: Fetched) -> Result<Response> {
    // The type is checked; libraries compare its spelling.
    let (content_type, json) = match accept {
        Accept::ActivityPub => ("application/activity+json", normalise(fetched.json)),
        Accept::WebFinger | Accept::NodeInfo | Accept::Credential => {
            ("application/jrd+json", fetched.json)
        }
    };
    response(
        StatusCode::OK,
        fetched.url,
        Some(content_type),
        json.to_string(),
    )
}

fn response(
    status: StatusCode,
    url: Url,
    content_type: Option<&str>,
    body: String,
) -> Result<Response> {
    let mut builder = http::Response::builder().status(status).url(url);
    if let Some(content_type) = content_type {
        builder = builder.header(CONTENT_TYPE, content_type);
    }
    builder
        .body(body)
        .map(Response::from)
        .map_err(|error| Error::middleware(BridgeError::Answer(error)))
}
