DROP TABLE blocks;
DROP TABLE report_entries;
DROP TABLE reports;
