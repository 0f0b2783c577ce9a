DROP TABLE accreditation_sources;
DROP TABLE status_lists;
DROP TABLE issued_accreditations;
DROP TABLE accreditations;
DROP TABLE anchors;
