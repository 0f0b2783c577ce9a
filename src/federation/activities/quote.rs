//! QuoteRequest (FEP-044f): a post elsewhere wants to quote an entry of ours.

use activitypub_federation::config::Data;
use url::Url;

use super::{Inbound, activity};
use crate::{
    federation::{Federation, WireError, origin::same_origin},
    operations::quotes,
};

activity!(QuoteRequest, check, take);

/// The quoting post is of the one who asks.
fn quoting(inbound: &Inbound) -> Result<Url, WireError> {
    let post = inbound
        .read()
        .url("instrument")
        .ok_or_else(|| WireError::Malformed("the request names no quoting post".into()))?;
    if same_origin(&post, &inbound.sender.uri) {
        Ok(post)
    } else {
        Err(WireError::NotTheirs(
            "the quoting post is of another origin",
        ))
    }
}

fn check(inbound: &Inbound) -> Result<(), WireError> {
    inbound.has_object()?;
    quoting(inbound).map(drop)
}

async fn take(inbound: Inbound, data: &Data<Federation>) -> Result<(), WireError> {
    let request = quotes::Request {
        uri: inbound.id.clone(),
        quoting: quoting(&inbound)?,
        entry: inbound.object_id()?,
    };
    let sender = inbound.sender.clone();
    inbound
        .once(data, move |conn, forum| {
            quotes::receive(conn, forum, &sender, &request)
        })
        .await
}
