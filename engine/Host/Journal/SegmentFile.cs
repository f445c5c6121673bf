using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Viddhana.Engine.Journal;

/// <summary>A segment as the journal writes it. An interface so that tests can make the disk fail.</summary>
internal interface ISegmentFile : IDisposable
{
    /// <summary>Bytes in the file.</summary>
    long Length { get; }

    /// <summary>Reads up to the length of <paramref name="bytes"/>.</summary>
    int Read(Span<byte> bytes, long offset);

    /// <summary>Hands the bytes to the system: they survive the death of the process.</summary>
    void Write(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Cuts the file.</summary>
    void Truncate(long length);

    /// <summary>Waits until the disk has all: it survives a power cut.</summary>
    void Sync();
}

/// <summary>A segment on the disk, unbuffered.</summary>
internal sealed class SegmentFile(string path) : ISegmentFile
{
    private readonly SafeFileHandle _file = File.OpenHandle(
        path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    public long Length => RandomAccess.GetLength(_file);

    public int Read(Span<byte> bytes, long offset) => RandomAccess.Read(_file, bytes, offset);

    public void Write(ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(_file, bytes, offset);

    public void Truncate(long length) => RandomAccess.SetLength(_file, length);

    public void Sync() => RandomAccess.FlushToDisk(_file);

    public void Dispose() => _file.Dispose();
}

/// <summary>Making files durable, names included.</summary>
public static partial class Durable
{
    private const int OpenReadOnly = 0x0000;
    private const int OpenCloseOnExec = 0x0010;

    /// <summary>Waits until the names in a directory are on the disk: a new or renamed file is still there after a power cut.</summary>
    public static void SyncDirectory(string directory)
    {
        if (OperatingSystem.IsWindows()) return;

        // .NET refuses to open a directory; its own native layer (always linked in) does not.
        using var handle = new SafeFileHandle(Open(directory, OpenReadOnly | OpenCloseOnExec, 0), ownsHandle: true);
        if (handle.IsInvalid) throw new IOException($"cannot open directory {directory} (error {Marshal.GetLastPInvokeError()})");
        RandomAccess.FlushToDisk(handle);
    }

    /// <summary>Replaces a small file whole: after a crash it has the old content or the new.</summary>
    public static void WriteFile(string path, ReadOnlySpan<byte> content)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var temporary = path + ".new";
        using (var file = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write))
        {
            RandomAccess.Write(file, content, 0);
            RandomAccess.FlushToDisk(file);
        }

        File.Move(temporary, path, overwrite: true);
        SyncDirectory(directory);
    }

    [LibraryImport("libSystem.Native", EntryPoint = "SystemNative_Open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial nint Open(string path, int flags, int mode);
}
