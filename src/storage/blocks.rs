//! Who blocks or mutes whom.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use url::Url;

use super::{
    Conn, Error, NativeDsl, organisations,
    rows::Backend,
    schema::{blocks, organisations as organisation_rows},
    types::At,
};
use crate::domain::{
    block::{Block, BlockKind},
    id::{BlockId, OrganisationId},
    organisation::Organisation,
    page::Window,
};

/// Stores a block. One that is there already only takes the id of the newer
/// activity, if one made it: that is the one to undo.
pub fn put(conn: &mut Conn, block: &Block) -> Result<(), Error> {
    let insert = diesel::insert_into(blocks::table).values((
        blocks::id.eq(block.id.0),
        blocks::organisation_id.eq(block.organisation.0),
        blocks::other_id.eq(block.other.0),
        blocks::kind.eq(block.kind.as_str()),
        blocks::activity_uri.eq(block.activity_uri.as_ref().map(Url::to_string)),
        blocks::created_at.eq(At(block.created_at)),
    ));
    let is_new = insert.on_conflict_do_nothing().native().execute(conn)? == 1;
    if !is_new && let Some(uri) = &block.activity_uri {
        let before = blocks::table
            .filter(blocks::organisation_id.eq(block.organisation.0))
            .filter(blocks::other_id.eq(block.other.0))
            .filter(blocks::kind.eq(block.kind.as_str()));
        diesel::update(before)
            .set(blocks::activity_uri.eq(Some(uri.as_str())))
            .execute(conn)?;
    }
    Ok(())
}

pub fn remove(
    conn: &mut Conn,
    organisation: OrganisationId,
    other: OrganisationId,
    kind: BlockKind,
) -> Result<(), Error> {
    let block = blocks::table
        .filter(blocks::organisation_id.eq(organisation.0))
        .filter(blocks::other_id.eq(other.0))
        .filter(blocks::kind.eq(kind.as_str()));
    diesel::delete(block).execute(conn)?;
    Ok(())
}

/// Takes back the block that an activity of this organisation made; false when
/// it made none.
pub fn remove_by_activity(
    conn: &mut Conn,
    organisation: OrganisationId,
    uri: &Url,
) -> Result<bool, Error> {
    let block = blocks::table
        .filter(blocks::organisation_id.eq(organisation.0))
        .filter(blocks::activity_uri.eq(uri.as_str()));
    Ok(diesel::delete(block).execute(conn)? > 0)
}

/// Does `by` block `other`?
pub fn is_blocked(
    conn: &mut Conn,
    by: OrganisationId,
    other: OrganisationId,
) -> Result<bool, Error> {
    use diesel::dsl::{exists, select};
    Ok(select(exists(
        blocks::table
            .filter(blocks::organisation_id.eq(by.0))
            .filter(blocks::other_id.eq(other.0))
            .filter(blocks::kind.eq(BlockKind::Block.as_str())),
    ))
    .get_result(conn)?)
}

/// Whom of `others` an organisation blocks or mutes, and how.
pub fn of_organisation(
    conn: &mut Conn,
    organisation: OrganisationId,
    others: &[OrganisationId],
) -> Result<HashMap<OrganisationId, HashSet<BlockKind>>, Error> {
    let ids: Vec<i64> = others.iter().map(|id| id.0).collect();
    let found: Vec<(i64, String)> = blocks::table
        .filter(blocks::organisation_id.eq(organisation.0))
        .filter(blocks::other_id.eq_any(ids))
        .select((blocks::other_id, blocks::kind))
        .load(conn)?;
    let mut all: HashMap<OrganisationId, HashSet<BlockKind>> = HashMap::new();
    for (other, kind) in found {
        all.entry(OrganisationId(other))
            .or_default()
            .insert(read(&kind)?);
    }
    Ok(all)
}

fn read(kind: &str) -> Result<BlockKind, Error> {
    match kind {
        "block" => Ok(BlockKind::Block),
        "mute" => Ok(BlockKind::Mute),
        other => Err(Error::Corrupt(format!("block {other:?}"))),
    }
}

/// Whom an organisation blocks or mutes, newest first, with the page's cursor.
/// Suspended and deleted ones are left out.
pub fn list(
    conn: &mut Conn,
    organisation: OrganisationId,
    kind: BlockKind,
    window: Window,
) -> Result<Vec<(BlockId, Organisation)>, Error> {
    let active = organisation_rows::table
        .filter(organisation_rows::state.eq("active"))
        .select(organisation_rows::id);
    let mut query = blocks::table
        .filter(blocks::organisation_id.eq(organisation.0))
        .filter(blocks::kind.eq(kind.as_str()))
        .filter(blocks::other_id.eq_any(active))
        .order(blocks::id.desc())
        .limit(window.limit)
        .select((blocks::id, blocks::other_id))
        .into_boxed::<Backend>();
    if let Some(before) = window.before {
        query = query.filter(blocks::id.lt(before));
    }
    if let Some(after) = window.after {
        query = query.filter(blocks::id.gt(after));
    }
    let found: Vec<(i64, i64)> = query.load(conn)?;
    let ids: Vec<OrganisationId> = found
        .iter()
        .map(|(_, other)| OrganisationId(*other))
        .collect();
    let mut known = organisations::find_many(conn, &ids)?;
    Ok(found
        .into_iter()
        .filter_map(|(id, other)| {
            let other = known.remove(&OrganisationId(other))?;
            Some((BlockId(id), other))
        })
        .collect())
}
