ALTER TABLE deliveries DROP COLUMN recipient_id;
