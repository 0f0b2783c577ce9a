//! The public address, asked as another server would ask it. That it does not
//! answer is no failure: the node may not run, or not be reachable from here.

use std::sync::Arc;

use super::Finding;
use crate::{
    config::Config,
    federation::fetch::{Accept, Budget, FetchError, FetchSettings, GuardedClient, MAX_REQUESTS},
    operations::Clock,
    urls::authority,
};

const CHECK: &str = "public address";

pub(super) async fn examine(config: &Config, clock: &Clock) -> Finding {
    let url = &config.server.public_url;
    let mut settings = FetchSettings::new(config);
    // Our own address may be private; it is not somebody else's word.
    let port = url.port_or_known_default().unwrap_or_default();
    let host = url.host_str().unwrap_or_default();
    settings.allowed_addresses.push(format!("{host}:{port}"));
    let clock = clock.clone();
    let client = match GuardedClient::new(&settings, Arc::new(move || clock.now())) {
        Ok(client) => client,
        Err(error) => return Finding::failed(CHECK, error.to_string()),
    };
    let Ok(nodeinfo) = url.join("/.well-known/nodeinfo") else {
        return Finding::failed(CHECK, format!("{url} cannot be extended by a path"));
    };
    let budget = Budget::new(u32::try_from(MAX_REQUESTS).unwrap_or(u32::MAX));
    let name = authority(url);
    match client
        .get_json(&nodeinfo, Accept::NodeInfo, None, &budget)
        .await
    {
        Ok(_) => Finding::ok(CHECK, format!("{name} answers")),
        Err(
            error @ (FetchError::Untrusted
            | FetchError::ContentType
            | FetchError::NotHttps
            | FetchError::Status { status: 404, .. }),
        ) => Finding::failed(CHECK, format!("{name}: {error}; is something else there?")),
        Err(error) => Finding::warning(
            CHECK,
            format!("{name} cannot be asked from here: {error}; is the node running?"),
        ),
    }
}
