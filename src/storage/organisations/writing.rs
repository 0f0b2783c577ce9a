//! Storing and changing organisations.

use diesel::prelude::*;

use super::{Row, state_text};
use crate::{
    domain::{
        id::OrganisationId,
        organisation::{Category, Organisation, OrganisationState},
    },
    storage::{
        Conn, Error,
        schema::{organisation_terms, organisations},
    },
};

/// Stores a new organisation; `Error::Conflict` when its uri or its handle on
/// its host is taken.
pub fn insert(conn: &mut Conn, organisation: &Organisation) -> Result<(), Error> {
    diesel::insert_into(organisations::table)
        .values(Row::from(organisation))
        .execute(conn)?;
    put_expertise(conn, organisation)
}

/// Overwrites everything but the id.
pub fn update(conn: &mut Conn, organisation: &Organisation) -> Result<(), Error> {
    diesel::update(organisations::table.find(organisation.id.0))
        .set(Row::from(organisation))
        .execute(conn)?;
    diesel::delete(
        organisation_terms::table.filter(organisation_terms::organisation_id.eq(organisation.id.0)),
    )
    .execute(conn)?;
    put_expertise(conn, organisation)
}

fn put_expertise(conn: &mut Conn, organisation: &Organisation) -> Result<(), Error> {
    let expertise = &organisation.expertise;
    let lists = [
        ("country", &expertise.countries),
        ("region", &expertise.regions),
        ("sector", &expertise.sectors),
        ("language", &expertise.languages),
    ];
    for (scheme, codes) in lists {
        for (position, code) in (0_i32..).zip(codes) {
            diesel::insert_into(organisation_terms::table)
                .values((
                    organisation_terms::organisation_id.eq(organisation.id.0),
                    organisation_terms::scheme.eq(scheme),
                    organisation_terms::code.eq(code),
                    organisation_terms::position.eq(position),
                ))
                .execute(conn)?;
        }
    }
    Ok(())
}

/// Records what a remote organisation is, as far as its accreditation counts
/// here: for lists and filters. What it may read is weighed anew each time.
pub fn set_accredited(
    conn: &mut Conn,
    id: OrganisationId,
    category: Option<Category>,
    country: Option<&str>,
) -> Result<(), Error> {
    diesel::update(organisations::table.find(id.0))
        .set((
            organisations::category.eq(category.map(Category::as_str)),
            organisations::country.eq(country),
        ))
        .execute(conn)?;
    Ok(())
}

/// Changes the state of all organisations of a host that are in another.
pub fn set_state_of_host(
    conn: &mut Conn,
    host: &str,
    from: OrganisationState,
    to: OrganisationState,
) -> Result<(), Error> {
    let of_host = organisations::table
        .filter(organisations::host.eq(host))
        .filter(organisations::state.eq(state_text(from)));
    diesel::update(of_host)
        .set(organisations::state.eq(state_text(to)))
        .execute(conn)?;
    Ok(())
}
