//! Commands as a shell runs them, in the test's own process, on both
//! databases.

mod accreditation;
mod audit;
mod doctor;
mod ground;
mod membership;
mod people;
mod site;
mod subjects;

/// Makes the organisation `moj`.
const CREATE: &str =
    "organisation create --handle moj --name Ministry~of~Justice --category government";
