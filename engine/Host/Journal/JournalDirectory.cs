using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Viddhana.Contracts;

namespace Viddhana.Engine.Journal;

/// <summary>A journal directory that is ours: locked, with an epoch, and this process counted as one more start.</summary>
internal sealed class JournalDirectory : IDisposable
{
    private readonly FileStream _lock;

    private JournalDirectory(string path, FileStream held, ulong epoch, ushort processStart)
    {
        (Path, _lock, Epoch, ProcessStart) = (path, held, epoch, processStart);
    }

    public string Path { get; }

    public ulong Epoch { get; }

    public ushort ProcessStart { get; }

    /// <summary>Opens or makes it. Throws <see cref="JournalException"/> that says what the operator can do.</summary>
    public static JournalDirectory Open(string path, int instanceId)
    {
        try
        {
            Directory.CreateDirectory(path);
            var held = Lock(path);
            try
            {
                var epoch = ReadOrMakeIdentity(path, instanceId);
                return new JournalDirectory(path, held, epoch, CountStart(path));
            }
            catch
            {
                held.Dispose();
                throw;
            }
        }
        catch (UnauthorizedAccessException error)
        {
            var user = Environment.UserName;
            throw new JournalException(
                $"journal directory {path}: user {user} may not write there; chown -R {user} {path}, or set engine.journal.directory",
                error);
        }
        catch (IOException error)
        {
            throw new JournalException($"journal directory {path}: {error.Message}", error);
        }
    }

    public void Dispose() => _lock.Dispose();

    private static FileStream Lock(string path)
    {
        var file = System.IO.Path.Combine(path, JournalFiles.Lock);
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (error is not (FileNotFoundException or DirectoryNotFoundException) && File.Exists(file))
        {
            throw new JournalException(
                $"journal directory {path} is in use by another engine ({file} is locked): stop it, or give this one "
                + "an engine.journal.directory of its own",
                error);
        }
    }

    private static ulong ReadOrMakeIdentity(string path, int instanceId)
    {
        var file = System.IO.Path.Combine(path, JournalFiles.Identity);
        if (!File.Exists(file)) return MakeIdentity(path, instanceId);

        if (!JournalFiles.TryReadIdentity(path, out var epoch, out var owner))
            throw new JournalException(
                $"{file} is damaged: restore it from a backup; its form is '0123456789abcdef 0' (epoch, instance id)");
        if (owner != instanceId)
        {
            throw new JournalException(
                $"journal directory {path} belongs to instance id {owner}, not {instanceId}: "
                + "set engine.instance_id back, or give the new id a directory of its own");
        }

        return epoch;
    }

    private static ulong MakeIdentity(string path, int instanceId)
    {
        if (JournalFiles.Segments(path).Count > 0)
            throw new JournalException(
                $"{path} holds segments but no file '{JournalFiles.Identity}': restore it, or move the segments away");

        Span<byte> random = stackalloc byte[8];
        RandomNumberGenerator.Fill(random);
        var epoch = Math.Max(1, BitConverter.ToUInt64(random));
        // The counter first: an identity without a counter could let work repeat.
        Durable.WriteFile(System.IO.Path.Combine(path, JournalFiles.Starts), "0\n"u8);
        Durable.WriteFile(System.IO.Path.Combine(path, JournalFiles.Identity), Encoding.ASCII.GetBytes($"{epoch:x16} {instanceId}\n"));
        return epoch;
    }

    /// <summary>Takes the next number, on the disk before it is used: no two starts make the same work.</summary>
    private static ushort CountStart(string path)
    {
        var file = System.IO.Path.Combine(path, JournalFiles.Starts);
        var text = File.Exists(file) ? File.ReadAllText(file) : "";
        if (!ushort.TryParse(text.TrimEnd('\n'), NumberStyles.None, CultureInfo.InvariantCulture, out var last))
            throw new JournalException($"{file} is missing or damaged: restore it, or write into it a number above that of the last start");

        var next = (ushort)(last + 1);
        Durable.WriteFile(file, Encoding.ASCII.GetBytes($"{next}\n"));
        return next;
    }
}
