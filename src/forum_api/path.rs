//! What the path of a request names.

use std::str::FromStr;

use super::problem::Problem;

/// An id in a path. Nothing is where there cannot be anything.
///
/// # Errors
/// [`Problem::NotFound`].
pub fn id<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::NotFound)
}
