//! The pages of passkeys, filled in.

use crate::{
    operations::people::second_factor::State,
    web::{
        form::Form,
        layout::Layout,
        views::{Moment, samples},
    },
};

use super::super::{
    passkeys::{AddPage, PasskeyRow, PasskeysPage, RemovePage},
    sign_in_passkey::PasskeyPage,
};
use super::{faulty, html};

pub fn passkey_pages() -> Vec<(&'static str, String)> {
    let layout = samples::layout;
    let stranger = Layout {
        person: None,
        ..layout()
    };
    vec![
        (
            "passkeys",
            html(PasskeysPage {
                layout: layout(),
                state: State {
                    has_app: false,
                    passkeys: 2,
                    is_required: false,
                    codes_left: 7,
                },
                rows: passkeys(),
                must_prove: true,
                may_add: true,
                form: faulty(&["name", "password"]),
            }),
        ),
        (
            "passkeys-due",
            html(PasskeysPage {
                layout: layout(),
                state: State {
                    has_app: false,
                    passkeys: 0,
                    is_required: true,
                    codes_left: 0,
                },
                rows: vec![],
                must_prove: false,
                may_add: false,
                form: Form::default(),
            }),
        ),
        (
            "passkey-add",
            html(AddPage {
                layout: layout(),
                name: "My \"telephone\" <b>".into(),
                options: r#"{"challenge":"AAAA"}"#.into(),
            }),
        ),
        (
            "passkey-remove",
            html(RemovePage {
                layout: layout(),
                row: passkeys().remove(0),
                must_prove: true,
                form: faulty(&["password"]),
            }),
        ),
        (
            "sign-in-passkey",
            html(PasskeyPage {
                layout: stranger,
                options: r#"{"challenge":"AAAA"}"#.into(),
                form: Form::default(),
            }),
        ),
    ]
}

fn passkeys() -> Vec<PasskeyRow> {
    let row = |id: &str, used| PasskeyRow {
        id: id.into(),
        name: "My <telephone>".into(),
        since: Moment::day_of(samples::moment()),
        used,
    };
    vec![
        row("8", None),
        row("9", Some(Moment::minute_of(samples::moment()))),
    ]
}
