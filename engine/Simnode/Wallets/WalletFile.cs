using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Wallets;

/// <summary>
/// A wallet on disk: lines that are only appended, so that a killed process leaves at most a torn last line, which is cut off.
/// The seed lies there in the clear even when a passphrase is set: these coins are worth nothing.
/// </summary>
public sealed class WalletFile : IDisposable
{
    private readonly FileStream? _file;

    private WalletFile(FileStream? file, IReadOnlyList<string[]> lines)
    {
        _file = file;
        Lines = lines;
    }

    /// <summary>What was in the file, cut into words.</summary>
    public IReadOnlyList<string[]> Lines { get; }

    /// <summary>Makes a wallet with a fresh seed; a null path keeps it in memory only.</summary>
    public static WalletFile Create(string? path)
    {
        var seed = new[] { "seed", Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)) };
        var file = new WalletFile(path is null ? null : Open(path, FileMode.CreateNew), [seed]);
        file.Append(seed);
        return file;
    }

    /// <summary>Reads a wallet.</summary>
    public static WalletFile Load(string path)
    {
        var file = Open(path, FileMode.Open);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        var good = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
        file.SetLength(good);
        file.Position = good;
        var lines = Encoding.ASCII.GetString(bytes, 0, good).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return new WalletFile(file, [.. lines.Select(line => line.Split(' '))]);
    }

    /// <summary>Text of any kind as one word.</summary>
    public static string Word(string text) => "x" + HexText.Of(Encoding.UTF8.GetBytes(text));

    /// <summary>The text of <see cref="Word"/>.</summary>
    public static string Unword(string word) => Encoding.UTF8.GetString(Convert.FromHexString(word[1..]));

    /// <summary>A number as a word.</summary>
    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Appends one line.</summary>
    public void Append(params ReadOnlySpan<string> words) => _file?.Write(Encoding.ASCII.GetBytes(string.Join(' ', words) + "\n"));

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private static FileStream Open(string path, FileMode mode) => new(path, mode, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
}
