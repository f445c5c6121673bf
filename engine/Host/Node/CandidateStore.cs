using System.Text;
using Viddhana.Contracts;

namespace Viddhana.Engine.Node;

/// <summary>The candidates of one pool on disk. Several pools may share the directory.</summary>
internal sealed class CandidateStore
{
    /// <summary>Finished candidates that are kept in <c>done/</c>.</summary>
    public const int DoneMost = 200;

    private const string Unfinished = ".tmp";

    private static readonly byte[] LineEnd = "\n"u8.ToArray();

    private readonly string _directory;
    private readonly string _done;
    private readonly string _pool;
    private readonly Lock _pruning = new();

    /// <summary>Makes the directory where it is missing.</summary>
    public CandidateStore(string directory, string pool)
    {
        _directory = directory;
        _done = Path.Combine(directory, "done");
        _pool = pool;
        Directory.CreateDirectory(_done);
    }

    /// <summary>Writes the candidate's file, without waiting for the disk. Returns its path.</summary>
    public string Save(BlockCandidate candidate)
    {
        var path = Path.Combine(_directory, CandidateFile.NameOf(candidate.Found));
        using (var file = File.OpenHandle(path + Unfinished, FileMode.Create, FileAccess.Write))
            RandomAccess.Write(file, [CandidateFile.Head(_pool, candidate), candidate.BlockHex, LineEnd], 0);

        // The name appears only with its whole content.
        File.Move(path + Unfinished, path, overwrite: true);
        return path;
    }

    /// <summary>Waits until the file is on the disk itself.</summary>
    public static void Sync(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(file);
    }

    /// <summary>The block's hex digits from its file; null when the file is gone or damaged.</summary>
    public static byte[]? ReadHex(string path)
    {
        try
        {
            return CandidateFile.TryRead(File.ReadAllBytes(path), out _, out var candidate) ? candidate!.BlockHex : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>What an earlier process left unfinished. <paramref name="damaged"/> names files that are not whole; they stay.</summary>
    public IReadOnlyList<(string Path, BlockCandidate Candidate)> Load(out IReadOnlyList<string> damaged)
    {
        var found = new List<(string, BlockCandidate)>();
        var bad = new List<string>();
        var names = Directory.GetFiles(_directory, "*.candidate").Concat(Directory.GetFiles(_directory, "*.candidate" + Unfinished));
        foreach (var name in names.Order(StringComparer.Ordinal))
        {
            if (!CandidateFile.TryRead(File.ReadAllBytes(name), out var pool, out var candidate))
            {
                bad.Add(name);
            }
            else if (pool == _pool)
            {
                found.Add((Adopt(name), candidate!));
            }
        }

        damaged = bad;
        return found;
    }

    /// <summary>Renames a file that is not whole, so that it is not looked at again.</summary>
    public static void SetAside(string name) => File.Move(name, name + ".damaged", overwrite: true);

    /// <summary>Adds the verdict to the file and moves it to <c>done/</c>; the oldest there make room.</summary>
    public void Finish(string path, BlockVerdict verdict)
    {
        File.AppendAllText(path, $"{verdict.Node}: {verdict.Reason}\n", Encoding.UTF8);
        File.Move(path, Path.Combine(_done, Path.GetFileName(path)), overwrite: true);
        lock (_pruning)
        {
            var names = Directory.GetFiles(_done);
            foreach (var old in names.OrderByDescending(File.GetLastWriteTimeUtc).Skip(DoneMost)) File.Delete(old);
        }
    }

    /// <summary>A whole file that was not renamed any more is as good as one that was.</summary>
    private static string Adopt(string name)
    {
        if (!name.EndsWith(Unfinished, StringComparison.Ordinal)) return name;

        var path = name[..^Unfinished.Length];
        File.Move(name, path, overwrite: true);
        return path;
    }
}
