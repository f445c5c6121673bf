namespace Viddhana.Tests.Shared;

/// <summary>
/// A real bcoin on regtest: the one SHA-256d node that can be had as a package. Not faithful to Bitcoin Core in every answer, which is what
/// makes it a second opinion. Segwit activates at height 432. Nothing of it is on disk but the program.
/// </summary>
internal sealed class BcoinNode : IAsyncDisposable
{
    private static readonly SemaphoreSlim Installing = new(1, 1);
    private static readonly TimeSpan InstallMax = TimeSpan.FromMinutes(5);

    private readonly TemporaryFolder _folder = new();
    private readonly int[] _ports = FreePorts.Take(3);
    private RunningProgram? _program;

    private BcoinNode()
    {
    }

    /// <summary>With user and password.</summary>
    public string Url => $"http://u:p4ssw0rd@127.0.0.1:{_ports[0]}";

    public NodeRpc Rpc => new(Url);

    /// <summary>Installs bcoin from the lock file where it is not there yet, starts it and waits until it answers.</summary>
    public static async Task<BcoinNode> Start()
    {
        var home = await Install();
        var node = new BcoinNode();
        try
        {
            await node.Begin(home);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Mines blocks to an address nobody has the key of, in its own form for regtest (Bitcoin Core says bcrt1).</summary>
    public async Task Mine(int count)
    {
        const string Nobody = "rb1qzyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg328fddy";
        for (var left = count; left > 0; left -= 50) await Rpc.Call("generatetoaddress", Math.Min(left, 50), Nobody);
    }

    public async ValueTask DisposeAsync()
    {
        if (_program is not null) await _program.DisposeAsync();
        _folder.Dispose();
    }

    private async Task Begin(string home)
    {
        _program = RunningProgram.Start(
            FindOnPath("node"),
            [
                Path.Combine(home, "node_modules", "bcoin", "bin", "node"),
                "--network=regtest", "--prefix=" + _folder.Path, "--memory=true",
                "--http-host=127.0.0.1", "--http-port=" + _ports[0], "--host=127.0.0.1", "--port=" + _ports[1], "--api-key=p4ssw0rd",
                "--wallet-http-host=127.0.0.1", "--wallet-http-port=" + _ports[2], "--wallet-api-key=p4ssw0rd",
                "--no-dns", "--workers=false", "--log-file=false", "--log-level=error",
            ],
            folder: home,
            environment: new Dictionary<string, string> { ["NODE_BACKEND"] = "js" });   // its native parts do not build
        await Eventually.Holds("bcoin answers", Answers);
    }

    private async Task<bool> Answers()
    {
        if (_program!.HasExited) throw new InvalidOperationException($"bcoin ended with {_program.ExitCode}:\n{_program.Output}");
        var (_, error) = await Rpc.Try("getblockcount");
        return error is null;
    }

    /// <summary>Where bcoin is; both test projects may ask at the same time, so a file is held meanwhile.</summary>
    private static async Task<string> Install()
    {
        var home = Path.Combine(SourceTree.Root, "tests", "EndToEnd", "bcoin");
        var wanted = await File.ReadAllTextAsync(Path.Combine(home, "package-lock.json"));
        var stamp = Path.Combine(home, "node_modules", ".viddhana-installed");
        await Installing.WaitAsync();
        try
        {
            await using var held = await Hold(Path.Combine(Path.GetTempPath(), $"viddhana-bcoin-{wanted.Length}.lock"));
            if (File.Exists(stamp) && await File.ReadAllTextAsync(stamp) == wanted) return home;

            await using var npm = RunningProgram.Start(
                FindOnPath("npm"), ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder: home);
            await Eventually.Holds("npm installs bcoin", () => Task.FromResult(npm.HasExited), InstallMax);
            if (npm.ExitCode != 0) throw new InvalidOperationException($"npm ci in {home} failed:\n{npm.Output}");

            await File.WriteAllTextAsync(stamp, wanted);
            return home;
        }
        finally
        {
            Installing.Release();
        }
    }

    private static Task<FileStream> Hold(string path) => Eventually.Get(
        "bcoin's folder is free",
        () => Task.FromResult(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)),
        _ => true,
        InstallMax);

    private static string FindOnPath(string name)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"{name} is not there: apt-get install nodejs npm");
    }
}
