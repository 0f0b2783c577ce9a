-- Boosts, pins and leave to quote tell others of an entry: whoever was sent
-- them is told what becomes of it.
UPDATE activities
SET entry_id = (
    SELECT entries.id FROM entries
    WHERE entries.uri = coalesce(
        json_extract(activities.detail, '$.subject.object'),
        json_extract(activities.detail, '$.subject.of')
    )
)
WHERE local = TRUE
    AND entry_id IS NULL
    AND (
        kind IN ('Announce', 'Add')
        OR (kind = 'Accept' AND json_extract(detail, '$.subject.of') IS NOT NULL)
    );
