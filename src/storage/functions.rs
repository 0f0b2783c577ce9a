//! Which offices people hold inside governments.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{Conn, Error, rows, schema::user_functions};
use crate::domain::{account::Function, id::UserId};

/// Gives a person an office, in place of another, or takes it.
pub fn set(conn: &mut Conn, user: UserId, function: Option<Function>) -> Result<(), Error> {
    diesel::delete(user_functions::table.find(user.0)).execute(conn)?;
    if let Some(function) = function {
        diesel::insert_into(user_functions::table)
            .values((
                user_functions::user_id.eq(user.0),
                user_functions::function.eq(function.as_str()),
            ))
            .execute(conn)?;
    }
    Ok(())
}

pub fn of(conn: &mut Conn, user: UserId) -> Result<Option<Function>, Error> {
    let word: Option<String> = user_functions::table
        .find(user.0)
        .select(user_functions::function)
        .first(conn)
        .optional()?;
    word.as_deref().map(rows::read).transpose()
}

/// Everybody who holds one.
pub fn all(conn: &mut Conn) -> Result<HashMap<UserId, Function>, Error> {
    let found: Vec<(i64, String)> = user_functions::table.load(conn)?;
    found
        .into_iter()
        .map(|(user, word)| Ok((UserId(user), rows::read(&word)?)))
        .collect()
}
