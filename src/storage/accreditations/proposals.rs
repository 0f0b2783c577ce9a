//! Accreditations that wait for a second person.

use diesel::prelude::*;

use crate::{
    domain::{
        accreditation::{About, Proposal, Request},
        id::{ProposalId, UserId},
    },
    storage::{Conn, Error, rows, schema::accreditation_proposals as proposals, types::At},
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = proposals)]
struct Row {
    id: i64,
    subject_uri: String,
    kind: String,
    category: Option<String>,
    country: Option<String>,
    audience: Option<String>,
    days: i64,
    proposed_by: i64,
    proposed_at: At,
}

impl Row {
    fn into_domain(self) -> Result<Proposal, Error> {
        let about = match (self.category, self.audience) {
            (Some(category), _) => About::Organisation {
                category: rows::read(&category)?,
                country: self.country,
            },
            (None, audience) => About::Node {
                audience: rows::read(&audience.unwrap_or_default())?,
            },
        };
        Ok(Proposal {
            id: ProposalId(self.id),
            request: Request {
                subject: rows::url(&self.subject_uri)?,
                about,
                days: self.days,
            },
            proposed_by: UserId(self.proposed_by),
            proposed_at: self.proposed_at.0,
        })
    }
}

pub fn insert_proposal(conn: &mut Conn, proposal: &Proposal) -> Result<(), Error> {
    let request = &proposal.request;
    let (kind, category, country, audience) = match &request.about {
        About::Organisation { category, country } => (
            "organisation",
            Some(category.as_str().to_owned()),
            country.clone(),
            None,
        ),
        About::Node { audience } => ("node", None, None, Some(audience.as_str().to_owned())),
    };
    diesel::insert_into(proposals::table)
        .values(Row {
            id: proposal.id.0,
            subject_uri: request.subject.to_string(),
            kind: kind.to_owned(),
            category,
            country,
            audience,
            days: request.days,
            proposed_by: proposal.proposed_by.0,
            proposed_at: At(proposal.proposed_at),
        })
        .execute(conn)?;
    Ok(())
}

/// All that wait, the oldest first.
pub fn proposals(conn: &mut Conn) -> Result<Vec<Proposal>, Error> {
    let rows: Vec<Row> = proposals::table
        .order(proposals::id)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// Takes one out, for whoever decides it: of two at once only one gets it.
pub fn take_proposal(conn: &mut Conn, id: ProposalId) -> Result<Option<Proposal>, Error> {
    let found = proposals::table
        .find(id.0)
        .select(Row::as_select())
        .first::<Row>(conn)
        .optional()?;
    let Some(found) = found else { return Ok(None) };
    let taken = diesel::delete(proposals::table.find(id.0)).execute(conn)?;
    match taken {
        0 => Ok(None),
        _ => found.into_domain().map(Some),
    }
}
