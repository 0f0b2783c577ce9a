//! Recording what other servers are to be told.

use url::Url;

use super::Forum;
use crate::{
    domain::{
        activity::{ActivityKind, Outgoing, Recipients, Subject},
        id::ActivityId,
        organisation::Organisation,
        task::Task,
    },
    storage::{self, Conn, activities},
};

/// Writes the activity and the task that sends it; returns the activity's
/// address.
pub(super) fn announce(
    conn: &mut Conn,
    forum: &Forum,
    actor: &Organisation,
    kind: ActivityKind,
    subject: Subject,
    recipients: Recipients,
) -> Result<Url, storage::Error> {
    let now = forum.now();
    let id = ActivityId(forum.ids.next(now));
    let outgoing = Outgoing {
        id,
        uri: forum.urls.activity(id),
        kind,
        actor: actor.id,
        subject,
        recipients,
        created_at: now,
    };
    let speaker = match &outgoing.subject {
        Subject::Report(_) => forum.urls.node_actor(),
        Subject::Entry(_)
        | Subject::Tombstone { .. }
        | Subject::Myself
        | Subject::Organisation { .. }
        | Subject::Object { .. }
        | Subject::Moved { .. }
        | Subject::Quote { .. }
        | Subject::Reaction { .. }
        | Subject::Follow { .. } => actor.uri.clone(),
    };
    activities::insert(conn, &speaker, &outgoing)?;
    let task = Task::Distribute { activity: id };
    forum.enqueue_in_line(conn, &task, &outgoing.order_key(&actor.uri))?;
    Ok(outgoing.uri)
}

/// Tells the followers that an organisation describes itself anew.
pub(super) fn announce_profile(
    conn: &mut Conn,
    forum: &Forum,
    organisation: &Organisation,
) -> Result<(), storage::Error> {
    let (kind, to) = (ActivityKind::Update, Recipients::Followers);
    announce(conn, forum, organisation, kind, Subject::Myself, to).map(drop)
}
