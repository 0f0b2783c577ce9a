//! Bodies of requests while they arrive and are worked on. However many come at
//! once, and however slowly, they take no more than a fixed part of the memory.

use std::{sync::Arc, time::Duration};

use axum::body::{Body, Bytes, HttpBody};
use http_body_util::BodyExt;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{
    WireError,
    signatures::{MAX_BODY_BYTES, SignatureError},
};

/// All bodies at once, in bytes, and in which steps they are counted. Most
/// activities take one.
const MOST: usize = 64 * 1024 * 1024;
const UNIT: usize = 16 * 1024;

/// How long a body waits for room.
const PATIENCE: Duration = Duration::from_millis(500);

/// The room for bodies. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Bodies(Arc<Semaphore>);

impl Default for Bodies {
    fn default() -> Self {
        Self::of(MOST / UNIT)
    }
}

/// A body, and its room until it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    pub bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

impl Bodies {
    fn of(units: usize) -> Self {
        Self(Arc::new(Semaphore::new(units)))
    }

    /// The whole body. What has arrived of it takes room, not what it says that
    /// it will be.
    ///
    /// # Errors
    /// [`WireError::TooSlow`] after `within`, [`WireError::Full`] when there is
    /// no room, [`SignatureError::TooLarge`].
    pub async fn read(&self, body: Body, within: Duration) -> Result<Held, WireError> {
        let read = timeout(within, self.collect(body)).await;
        read.map_err(|_elapsed| WireError::TooSlow)?
    }

    async fn collect(&self, mut body: Body) -> Result<Held, WireError> {
        let mut bytes = Vec::new();
        let mut room: Option<OwnedSemaphorePermit> = None;
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| SignatureError::TooLarge)?.into_data() else {
                continue;
            };
            let length = bytes.len() + data.len();
            if length > MAX_BODY_BYTES {
                return Err(SignatureError::TooLarge.into());
            }
            let held = room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
            let more = length.div_ceil(UNIT) - held;
            if more > 0 {
                let more = self.room(more).await?;
                match &mut room {
                    Some(room) => room.merge(more),
                    None => room = Some(more),
                }
            }
            bytes.extend_from_slice(&data);
        }
        Ok(Held {
            bytes: bytes.into(),
            _room: room,
        })
    }

    async fn room(&self, units: usize) -> Result<OwnedSemaphorePermit, WireError> {
        let units = u32::try_from(units).map_err(|_| SignatureError::TooLarge)?;
        timeout(PATIENCE, self.0.clone().acquire_many_owned(units))
            .await
            .ok()
            .and_then(Result::ok)
            .ok_or(WireError::Full)
    }
}

/// Refuses a body that says itself that it is too large.
pub(super) fn check_size(body: &Body) -> Result<(), SignatureError> {
    match usize::try_from(body.size_hint().lower()) {
        Ok(announced) if announced <= MAX_BODY_BYTES => Ok(()),
        Ok(_) | Err(_) => Err(SignatureError::TooLarge),
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::{StreamExt, stream};

    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    fn of(bytes: usize) -> Body {
        Body::from(vec![b' '; bytes])
    }

    /// So much of it comes, and the rest never.
    fn dripping(bytes: usize) -> Body {
        let begun = Ok::<_, Infallible>(Bytes::from(vec![b' '; bytes]));
        Body::from_stream(stream::iter([begun]).chain(stream::pending()))
    }

    #[tokio::test]
    async fn bodies_that_arrive_and_bodies_that_are_worked_on_share_a_bounded_room() {
        let bodies = Bodies::of(4);
        let slow = tokio::spawn({
            let bodies = bodies.clone();
            async move { bodies.read(dripping(2 * UNIT), SOON).await }
        });
        while bodies.0.available_permits() > 2 {
            tokio::task::yield_now().await;
        }
        let worked_on = bodies.read(of(UNIT + 1), SOON).await;
        let worked_on = worked_on.expect("there is room");
        assert_eq!(worked_on.bytes.len(), UNIT + 1);
        let refused = bodies.read(of(1), SOON).await;
        assert!(matches!(refused, Err(WireError::Full)), "{refused:?}");
        drop(worked_on);
        assert!(bodies.read(of(1), SOON).await.is_ok());
        slow.abort();
        assert!(slow.await.is_err());
        assert!(bodies.read(of(4 * UNIT), SOON).await.is_ok());
    }

    #[tokio::test]
    async fn who_keeps_a_connection_open_and_sends_nothing_takes_no_room() {
        let bodies = Bodies::of(1);
        let idle = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
        let (idle, other) = tokio::join!(
            bodies.read(idle, Duration::from_millis(200)),
            bodies.read(of(UNIT), SOON)
        );
        assert!(matches!(idle, Err(WireError::TooSlow)), "{idle:?}");
        assert!(other.is_ok(), "{other:?}");
    }

    #[tokio::test]
    async fn the_largest_body_is_read_and_a_larger_one_is_not() {
        let bodies = Bodies::default();
        let whole = bodies.read(of(MAX_BODY_BYTES), SOON).await.expect("read");
        assert_eq!(whole.bytes.len(), MAX_BODY_BYTES);
        let larger = of(MAX_BODY_BYTES + 1);
        assert_eq!(check_size(&larger), Err(SignatureError::TooLarge));
        let read = bodies.read(larger, SOON).await;
        assert!(
            matches!(read, Err(WireError::Signature(SignatureError::TooLarge))),
            "{read:?}"
        );
    }
}
