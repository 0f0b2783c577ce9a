//! The tables as diesel sees them, the same for both databases.

// One block per table of `migrations/*/2026-11-22-000000_foundation/up.sql`.
diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Json;

    meta (key) {
        key -> Text,
        value -> Json,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    organisations (id) {
        id -> BigInt,
        uri -> Text,
        handle -> Text,
        host -> Nullable<Text>,
        name -> Text,
        summary -> Text,
        summary_html -> Text,
        category -> Nullable<Text>,
        country -> Nullable<Text>,
        url -> Text,
        website -> Nullable<Text>,
        avatar -> Nullable<Text>,
        locked -> Bool,
        state -> Text,
        actor_type -> Text,
        inbox -> Text,
        shared_inbox -> Nullable<Text>,
        outbox -> Nullable<Text>,
        followers -> Nullable<Text>,
        following -> Nullable<Text>,
        featured -> Nullable<Text>,
        created_at -> Instant,
        updated_at -> Instant,
        fetched_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    organisation_terms (organisation_id, scheme, code) {
        organisation_id -> BigInt,
        scheme -> Text,
        code -> Text,
        position -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    audit (number) {
        number -> BigInt,
        at -> Instant,
        by_user -> Nullable<BigInt>,
        decision -> Text,
        subject -> Text,
        detail -> Text,
        previous -> Text,
        hash -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    signature_schemes (host) {
        host -> Text,
        components -> Text,
        learned_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    keys (uri) {
        uri -> Text,
        owner_uri -> Text,
        algorithm -> Text,
        public_key -> Text,
        private_key -> Nullable<Text>,
        created_at -> Instant,
        fetched_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    users (id) {
        id -> BigInt,
        email -> Text,
        organisation_id -> BigInt,
        role -> Text,
        password_hash -> Nullable<Text>,
        disabled -> Bool,
        created_at -> Instant,
        signed_in_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    sessions (token_hash) {
        token_hash -> Text,
        user_id -> BigInt,
        csrf -> Text,
        created_at -> Instant,
        seen_at -> Instant,
        expires_at -> Instant,
        agent -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    links (token_hash) {
        token_hash -> Text,
        purpose -> Text,
        user_id -> Nullable<BigInt>,
        created_at -> Instant,
        expires_at -> Instant,
        used_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    access_tokens (token_hash) {
        token_hash -> Text,
        user_id -> BigInt,
        scopes -> Text,
        created_at -> Instant,
        revoked_at -> Nullable<Instant>,
        seen_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    second_factors (user_id) {
        user_id -> BigInt,
        secret -> Text,
        created_at -> Instant,
        confirmed_at -> Nullable<Instant>,
        last_step -> BigInt,
        failures -> BigInt,
        blocked_until -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    recovery_codes (code_hash) {
        code_hash -> Text,
        user_id -> BigInt,
        used_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    sign_ins (token_hash) {
        token_hash -> Text,
        user_id -> Nullable<BigInt>,
        failures -> BigInt,
        expires_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    passkeys (id) {
        id -> BigInt,
        user_id -> BigInt,
        credential -> Text,
        public_key -> Text,
        state -> Text,
        name -> Text,
        created_at -> Instant,
        used_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    passkey_challenges (token_hash) {
        token_hash -> Text,
        user_id -> Nullable<BigInt>,
        state -> Text,
        expires_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    acceptances (user_id, version) {
        user_id -> BigInt,
        version -> Text,
        accepted_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    entries (id) {
        id -> BigInt,
        uri -> Text,
        url -> Text,
        local -> Bool,
        author_id -> BigInt,
        kind -> Text,
        title -> Text,
        body -> Text,
        html -> Text,
        warning -> Text,
        language -> Text,
        audience -> Text,
        tlp -> Text,
        stage -> Nullable<Text>,
        status -> Nullable<Text>,
        closes_at -> Nullable<Instant>,
        starts_on -> Nullable<Text>,
        ends_on -> Nullable<Text>,
        budget_currency -> Nullable<Text>,
        budget_total -> Nullable<BigInt>,
        budget_gap -> Nullable<BigInt>,
        root_id -> BigInt,
        in_reply_to_id -> Nullable<BigInt>,
        in_reply_to_uri -> Nullable<Text>,
        created_at -> Instant,
        updated_at -> Instant,
        edited_at -> Nullable<Instant>,
        deleted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    entry_terms (entry_id, scheme, code) {
        entry_id -> BigInt,
        scheme -> Text,
        code -> Text,
        position -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    entry_parties (entry_id, role, organisation_id) {
        entry_id -> BigInt,
        role -> Text,
        organisation_id -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    follows (id) {
        id -> BigInt,
        follower_id -> BigInt,
        followed_id -> BigInt,
        state -> Text,
        activity_uri -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::{Instant, Json};

    activities (id) {
        id -> BigInt,
        uri -> Text,
        local -> Bool,
        kind -> Text,
        actor_uri -> Text,
        actor_id -> Nullable<BigInt>,
        entry_id -> Nullable<BigInt>,
        detail -> Nullable<Json>,
        document -> Nullable<Text>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    tombstones (uri, owner_uri) {
        uri -> Text,
        owner_uri -> Text,
        deleted_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    deliveries (id) {
        id -> BigInt,
        activity_id -> BigInt,
        sender_id -> BigInt,
        host -> Text,
        inbox -> Text,
        order_key -> Text,
        state -> Text,
        attempts -> Integer,
        last_error -> Nullable<Text>,
        created_at -> Instant,
        finished_at -> Nullable<Instant>,
        recipient_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    lanes (host) {
        host -> Text,
        state -> Text,
        waiting -> Bool,
        failures -> Integer,
        retry_at -> Nullable<Instant>,
        leased_until -> Nullable<Instant>,
        last_error -> Nullable<Text>,
        last_success_at -> Nullable<Instant>,
        asked_until -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    host_policies (host) {
        host -> Text,
        policy -> Text,
        reason -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::{Instant, Json};

    tasks (id) {
        id -> BigInt,
        task -> Json,
        run_at -> Instant,
        claimed_until -> Nullable<Instant>,
        attempts -> Integer,
        last_error -> Nullable<Text>,
        dead_at -> Nullable<Instant>,
        asks -> Bool,
        line -> Nullable<BigInt>,
        mails -> Bool,
    }
}

// The tables of `migrations/*/2026-11-23-000003_moderation`.
diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::{Instant, Json};

    reports (id) {
        id -> BigInt,
        reporter_id -> BigInt,
        reported_id -> BigInt,
        comment -> Text,
        forwarded -> Bool,
        created_at -> Instant,
        resolved_at -> Nullable<Instant>,
        resolved_by -> Nullable<BigInt>,
        category -> Text,
        rules -> Json,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    report_entries (report_id, entry_id) {
        report_id -> BigInt,
        entry_id -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    blocks (id) {
        id -> BigInt,
        organisation_id -> BigInt,
        other_id -> BigInt,
        kind -> Text,
        activity_uri -> Nullable<Text>,
        created_at -> Instant,
    }
}

// The tables of `migrations/*/2026-11-29-000001_accreditations`.
diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    anchors (did) {
        did -> Text,
        name -> Text,
        private_key -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    accreditations (issuer, id) {
        issuer -> Text,
        id -> Text,
        subject_uri -> Text,
        kind -> Text,
        name -> Text,
        category -> Nullable<Text>,
        country -> Nullable<Text>,
        audience -> Nullable<Text>,
        assertion_key -> Text,
        valid_from -> Instant,
        valid_until -> Instant,
        list_uri -> Text,
        list_index -> BigInt,
        revoked -> Bool,
        document -> Text,
        stored_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    issued_accreditations (id) {
        id -> Text,
        issuer -> Text,
        root_id -> Text,
        list_number -> Integer,
        list_index -> BigInt,
        issued_at -> Instant,
        valid_until -> Instant,
        revoked_at -> Nullable<Instant>,
        reason -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    status_lists (issuer, uri) {
        issuer -> Text,
        uri -> Text,
        valid_from -> Instant,
        valid_until -> Instant,
        fresh_until -> Instant,
        document -> Text,
        stored_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    accreditation_sources (kind, about, uri) {
        kind -> Text,
        about -> Text,
        uri -> Text,
        next_at -> Instant,
        failures -> Integer,
        last_error -> Nullable<Text>,
        answered_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    accreditation_proposals (id) {
        id -> BigInt,
        subject_uri -> Text,
        kind -> Text,
        category -> Nullable<Text>,
        country -> Nullable<Text>,
        audience -> Nullable<Text>,
        days -> BigInt,
        proposed_by -> BigInt,
        proposed_at -> Instant,
    }
}

diesel::joinable!(organisation_terms -> organisations (organisation_id));
diesel::joinable!(entry_terms -> entries (entry_id));
diesel::joinable!(entry_parties -> entries (entry_id));
diesel::joinable!(users -> organisations (organisation_id));
diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    reactions (id) {
        id -> BigInt,
        kind -> Text,
        entry_id -> BigInt,
        organisation_id -> BigInt,
        activity_uri -> Text,
        created_at -> Instant,
    }
}
diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    pins (entry_id) {
        entry_id -> BigInt,
        organisation_id -> BigInt,
        created_at -> Instant,
    }
}
diesel::table! {
    aliases (organisation_id, uri) {
        organisation_id -> BigInt,
        uri -> Text,
    }
}
diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    moves (organisation_id) {
        organisation_id -> BigInt,
        target_uri -> Text,
        moved_at -> Instant,
    }
}
diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    quotes (id) {
        id -> BigInt,
        entry_id -> BigInt,
        quoting_uri -> Text,
        actor_uri -> Text,
        created_at -> Instant,
    }
}
// The tables of `migrations/*/2026-11-29-000004_applications`.
diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    applications (id) {
        id -> BigInt,
        token_hash -> Text,
        name -> Text,
        handle -> Text,
        category -> Text,
        country -> Nullable<Text>,
        website -> Nullable<Text>,
        reason -> Text,
        referee -> Text,
        referee_id -> Nullable<BigInt>,
        email -> Text,
        function -> Nullable<Text>,
        state -> Text,
        first_approved_by -> Nullable<BigInt>,
        first_approved_at -> Nullable<Instant>,
        organisation_id -> Nullable<BigInt>,
        created_at -> Instant,
        updated_at -> Instant,
        decided_at -> Nullable<Instant>,
        cleared_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    application_events (id) {
        id -> BigInt,
        application_id -> BigInt,
        kind -> Text,
        user_id -> Nullable<BigInt>,
        text -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    user_functions (user_id) {
        user_id -> BigInt,
        function -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::storage::types::Instant;

    handovers (id) {
        id -> BigInt,
        token_hash -> Text,
        organisation_id -> BigInt,
        from_id -> BigInt,
        email -> Text,
        by_id -> Nullable<BigInt>,
        created_at -> Instant,
        expires_at -> Instant,
        ended_at -> Nullable<Instant>,
    }
}

diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(access_tokens -> users (user_id));
diesel::joinable!(deliveries -> activities (activity_id));
diesel::joinable!(entries -> organisations (author_id));

diesel::allow_tables_to_appear_in_same_query!(
    meta,
    organisations,
    organisation_terms,
    keys,
    users,
    sessions,
    links,
    access_tokens,
    entries,
    entry_terms,
    entry_parties,
    follows,
    activities,
    reactions,
    pins,
    aliases,
    moves,
    quotes,
    tombstones,
    deliveries,
    lanes,
    host_policies,
    tasks,
    reports,
    report_entries,
    blocks,
    applications,
    application_events,
    user_functions,
    handovers,
    anchors,
    accreditations,
    issued_accreditations,
    status_lists,
    accreditation_sources,
    accreditation_proposals,
);
