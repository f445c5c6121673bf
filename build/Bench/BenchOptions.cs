namespace Viddhana.Build.Bench;

/// <summary>What <c>bench</c> is told.</summary>
/// <param name="IsShort">Short durations, one repeat, fewer tests: about five minutes.</param>
/// <param name="Only">Beginnings of names of what to run; empty: all. Results of what is not run are kept from before.</param>
/// <param name="SkipBuild">The programs in <c>out/</c> are taken as they are.</param>
/// <param name="Peer">Another pool to drive with the same load: name and shell command; null: none.</param>
/// <param name="PeerPort">The port it listens on.</param>
/// <param name="PeerUser">User name at the peer; <c>{n}</c> becomes the connection's number.</param>
internal sealed record BenchOptions(
    bool IsShort, string[] Only, bool SkipBuild, (string Name, string Command)? Peer, int PeerPort, string? PeerUser)
{
    public int Repeats => IsShort ? 1 : 3;

    public int Seconds => IsShort ? 4 : 8;

    /// <summary>Connections of the tests with many of them.</summary>
    public int Many => IsShort ? 5_000 : 10_000;

    public static BenchOptions Parse(string[] args)
    {
        var given = Arguments.Parse(args, flags: ["--short", "--skip-build"], options: ["--only", "--peer", "--peer-port", "--peer-user"]);
        (string, string)? peer = null;
        var port = 0;
        if (given["--peer"] is { } text)
        {
            var at = text.IndexOf('=', StringComparison.Ordinal);
            if (at < 1 || at == text.Length - 1) throw new BuildFailedException("--peer takes NAME=COMMAND", 2);
            peer = (text[..at], text[(at + 1)..]);
            if (!int.TryParse(given["--peer-port"], out port) || port is < 1 or > 65_535)
                throw new BuildFailedException("--peer needs --peer-port PORT", 2);
        }

        return new BenchOptions(
            given.Has("--short"), given["--only"]?.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? [], given.Has("--skip-build"), peer,
            port, given["--peer-user"]);
    }

    /// <summary>True when something of this name is to run.</summary>
    public bool Wants(string name) => Only.Length == 0 || Only.Any(only => name.StartsWith(only, StringComparison.Ordinal));
}
