-- Single shares are stored in a compact form of their own (backoffice/Shares/ShareChunk.cs says how); rows from before keep whole entries
-- as engines wrote them. Compressing either again costs much time and saves little.
ALTER TABLE raw_entries ALTER COLUMN entries SET STORAGE EXTERNAL;
