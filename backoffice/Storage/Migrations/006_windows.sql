-- Newest first by end: how a window walks back, whatever the slices' lengths.
CREATE INDEX pool_slices_end ON pool_slices (pool_id, (slice_ms + length_ms) DESC);

-- Work of the pool since its last found block, in order of commit: becomes the next block's effort_work.
ALTER TABLE pools ADD COLUMN round_work numeric(39,0) NOT NULL DEFAULT 0;
