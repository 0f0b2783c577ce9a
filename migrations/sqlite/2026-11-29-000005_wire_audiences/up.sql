-- Who a delivery is for, where that decides whether it may be sent: entries
-- that are not public go to each reader's own inbox.
ALTER TABLE deliveries ADD COLUMN recipient_id BIGINT;
