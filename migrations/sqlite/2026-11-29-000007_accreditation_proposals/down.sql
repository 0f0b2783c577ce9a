DROP TABLE accreditation_proposals;
