//! Headers of `name="value"` pairs, as the fediverse writes them: they look
//! like structured fields (RFC 8941) and are none, as their names have capitals.

/// One pair. A value without quotes is made of digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair<'a> {
    pub name: &'a str,
    pub value: &'a str,
    pub is_quoted: bool,
}

/// Splits a header into its pairs.
///
/// # Errors
/// Says what is wrong.
pub fn pairs(mut rest: &str) -> Result<Vec<Pair<'_>>, &'static str> {
    let mut pairs = Vec::new();
    loop {
        let (pair, after) = pair(rest)?;
        pairs.push(pair);
        let after = after.trim_start_matches(' ');
        if after.is_empty() {
            return Ok(pairs);
        }
        rest = after
            .strip_prefix(',')
            .ok_or("a comma is missing")?
            .trim_start_matches(' ');
    }
}

/// Splits `name="value"` (or `name=digits`) off the front.
fn pair(text: &str) -> Result<(Pair<'_>, &str), &'static str> {
    let (name, rest) = text.split_once('=').ok_or("a parameter has no value")?;
    if let Some(quoted) = rest.strip_prefix('"') {
        let (value, after) = quoted.split_once('"').ok_or("a quote is not closed")?;
        if value.contains('\\') || value.contains(|c: char| c.is_ascii_control()) {
            return Err("a value is escaped");
        }
        let is_quoted = true;
        return Ok((
            Pair {
                name,
                value,
                is_quoted,
            },
            after,
        ));
    }
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    if end == 0 {
        return Err("a value is not quoted");
    }
    let (value, after) = rest.split_at(end);
    let is_quoted = false;
    Ok((
        Pair {
            name,
            value,
            is_quoted,
        },
        after,
    ))
}
