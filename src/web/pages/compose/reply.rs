//! A reply below an entry: a note in its conversation, for the same readers.

use axum::{
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    domain::entry::{Codes, Content, Draft, Entry, Kind},
    operations::entries::{self, EntryError},
    urls,
    web::{
        error::PageError,
        form::{Fields, Form},
        layout::Notice,
        pages::entry,
        visit::Submission,
    },
};

pub async fn send(Path(id): Path<String>, submission: Submission) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    let person = visit.writer()?;
    let shown = entry::find(&visit, &id).await?;
    let draft = draft(&fields, &shown.entry);
    match entries::publish(&visit.app.forum, &person.who, draft).await {
        Ok(_) => {
            let path = urls::entry_path(shown.entry.id);
            let word = Notice::Replied.word();
            Ok(Redirect::to(&format!("{path}?done={word}#replies")).into_response())
        }
        Err(EntryError::Invalid(errors)) => {
            visit.refuse(&entry::page(&visit, &shown, Form::refused(fields, errors)))
        }
        Err(error) => Err(error.into()),
    }
}

/// Audience and sharing mark are those of the entry that is answered.
fn draft(fields: &Fields, parent: &Entry) -> Draft {
    Draft {
        content: Content {
            kind: Kind::Note,
            title: String::new(),
            body: fields.text("body").to_owned(),
            language: fields.text("language").to_owned(),
            tlp: parent.content.tlp,
            codes: Codes::default(),
            stage: None,
            status: None,
            closes_at: None,
            starts_on: None,
            ends_on: None,
            budget: None,
        },
        // Whoever reads the entry reads the reply.
        audience: None,
        named: vec![],
        partners: vec![],
        in_reply_to: Some(parent.id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::audience::Tlp, web::views::samples};

    #[test]
    fn a_reply_is_for_the_readers_of_what_it_answers() {
        let mut parent = samples::request();
        parent.content.tlp = Tlp::Red;
        let fields = Fields::default()
            .with("body", "We can help.")
            .with("language", "en");
        let draft = draft(&fields, &parent);
        assert_eq!(draft.audience, None);
        assert_eq!(draft.content.tlp, parent.content.tlp);
        assert_eq!(draft.in_reply_to, Some(parent.id));
    }
}
