using System.Globalization;
using System.Security.Cryptography;

namespace Viddhana.Backoffice.Accounts;

/// <summary>A key that signs access tokens.</summary>
internal sealed record TokenKey(string Id, byte[] Secret, DateTimeOffset MadeAt);

/// <summary>
/// The keys of access tokens in <c>keys/access.keys</c>: a line each with id, secret and time, the newest first. The newest signs; those
/// before it are good until the tokens they signed have expired. Another process may add one: the file is read again when it changed.
/// </summary>
internal sealed class TokenKeys
{
    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly TimeProvider _time;
    private TokenKey[] _keys = [];
    private DateTime _readAs;

    /// <summary>Makes the first key where there is none.</summary>
    public TokenKeys(string dataDirectory, TimeProvider time)
    {
        _path = Path.Combine(SecretFile.Directory(dataDirectory), "access.keys");
        _time = time;
        if (!File.Exists(_path)) Rotate();
    }

    /// <summary>The key that signs.</summary>
    public TokenKey Newest => Read()[0];

    /// <summary>A key by its id, if its tokens may still be good.</summary>
    public TokenKey? Find(ReadOnlySpan<char> id)
    {
        var keys = Read();
        for (var i = 0; i < keys.Length; i++)
            if (id.SequenceEqual(keys[i].Id)) return i == 0 || IsWithinGrace(keys[i - 1]) ? keys[i] : null;
        return null;
    }

    /// <summary>Makes a new key the newest; forgets those that can have no living token.</summary>
    public TokenKey Rotate()
    {
        lock (_lock)
        {
            var known = File.Exists(_path) ? ReadFile() : [];
            var made = new TokenKey(
                Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)), RandomNumberGenerator.GetBytes(32), _time.GetUtcNow());
            TokenKey[] kept = [made, .. known.Where((_, i) => i == 0 || IsWithinGrace(known[i - 1]))];
            SecretFile.Write(_path, string.Concat(kept.Select(Line)));
            _readAs = default;
            return made;
        }
    }

    /// <summary>A key is good for as long after its successor was made as a token lives, and a minute for clocks.</summary>
    private bool IsWithinGrace(TokenKey successor) =>
        _time.GetUtcNow() < successor.MadeAt + AccessTokens.Lifetime + TimeSpan.FromMinutes(1);

    private TokenKey[] Read()
    {
        lock (_lock)
        {
            var changed = File.GetLastWriteTimeUtc(_path);
            if (changed == _readAs) return _keys;
            (_keys, _readAs) = (ReadFile(), changed);
            return _keys;
        }
    }

    private TokenKey[] ReadFile()
    {
        TokenKey[] keys = [.. File.ReadLines(_path).Where(line => line.Length > 0).Select(Parse)];
        return keys.Length > 0 ? keys : throw new InvalidDataException($"{_path} holds no key: remove it, and a new one is made");
    }

    private TokenKey Parse(string line)
    {
        var parts = line.Split(' ');
        if (parts.Length == 3 && parts[1].Length == 64
            && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var madeMs))
            return new TokenKey(parts[0], Convert.FromHexString(parts[1]), DateTimeOffset.FromUnixTimeMilliseconds(madeMs));
        throw new InvalidDataException($"{_path}: a line must be 'id secret time' as this program writes it");
    }

    private static string Line(TokenKey key) =>
        $"{key.Id} {Convert.ToHexStringLower(key.Secret)} {key.MadeAt.ToUnixTimeMilliseconds()}\n";
}
