using Viddhana.Engine.Journal;

namespace Viddhana.Tests.Engine.Journal;

/// <summary>A disk that a test can make fail: writes after so many bytes, flushes, cuts.</summary>
internal sealed class FailingDisk
{
    /// <summary>Bytes that the next failing write still lets through; null: writes work.</summary>
    public int? FailsAfterBytes { get; set; }

    public bool FailsToSync { get; set; }

    public bool FailsToTruncate { get; set; }

    public int Syncs { get; private set; }

    public ISegmentFile Open(string path) => new FailingFile(this, new SegmentFile(path));

    private sealed class FailingFile(FailingDisk disk, SegmentFile file) : ISegmentFile
    {
        public long Length => file.Length;

        public int Read(Span<byte> bytes, long offset) => file.Read(bytes, offset);

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            if (disk.FailsAfterBytes is not { } count)
            {
                file.Write(bytes, offset);
                return;
            }

            file.Write(bytes[..Math.Min(count, bytes.Length)], offset);
            throw new IOException("No space left on device");
        }

        public void Truncate(long length)
        {
            if (disk.FailsToTruncate) throw new IOException("Input/output error");
            file.Truncate(length);
        }

        public void Sync()
        {
            disk.Syncs++;
            if (disk.FailsToSync) throw new IOException("Input/output error");
            file.Sync();
        }

        public void Dispose() => file.Dispose();
    }
}
