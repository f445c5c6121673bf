using System.Net.Http.Json;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd.Harness;

/// <summary>viddhana-simnode, with a wallet for the pool and one for the miners.</summary>
internal sealed class SimulatedChain : IAsyncDisposable
{
    private static readonly HttpClient Client = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly TemporaryFolder _folder = new();
    private readonly RunningProgram _program;

    private SimulatedChain(RunningProgram program, TemporaryFolder folder, string url)
    {
        (_program, _folder) = (program, folder);
        Url = url.Replace("http://", "http://user:password@", StringComparison.Ordinal);
        Control = url;
    }

    /// <summary>RPC with credentials.</summary>
    public string Url { get; }

    public NodeRpc Rpc => new(Url);

    private string Control { get; }

    /// <param name="bits">Compact target: <c>207fffff</c> two hashes a block, <c>1e0346dc</c> five million.</param>
    public static async Task<SimulatedChain> Start(string bits, int transactions = 100)
    {
        var folder = new TemporaryFolder();
        var program = RunningProgram.Start(
            Programs.Simnode,
            [
                "--data", folder["chain"], "--rpc-listen", "127.0.0.1", "--rpc-port", "0", "--rpc-user", "user", "--rpc-password",
                    "password", "--bits", bits,
                "--transactions", $"{transactions}",
            ]);
        var url = await program.WaitForLine(@"rpc (http://127\.0\.0\.1:\d+)");
        var chain = new SimulatedChain(program, folder, url.Groups[1].Value);
        await chain.Rpc.Call("createwallet", "pool");
        await chain.Rpc.Call("createwallet", "miners");
        return chain;
    }

    public async Task<string> NewAddress(string wallet) => (await Rpc.Wallet(wallet).Call("getnewaddress", "", "bech32")).GetString()!;

    /// <summary>Blocks of other miners, at once.</summary>
    public Task OtherMinersFind(int count) => Post("block", new { count });

    /// <summary>Replaces the last blocks by a longer branch of other miners' blocks.</summary>
    public Task Reorganise(int depth, int length) => Post("reorg", new { depth, length });

    /// <summary>Block version of templates from the next tip on; eight hex digits.</summary>
    public Task SetVersion(string version) => Post("speed", new { version });

    /// <summary>Has every call of a method end in a closed connection; false ends that.</summary>
    public Task Drop(string method, bool drop) =>
        Post("fail", drop ? new { method, drop, times = -1 } : new { method, drop, times = 0 });

    public async ValueTask DisposeAsync()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status == NUnit.Framework.Interfaces.TestStatus.Failed)
            TestContext.Out.WriteLine($"--- simnode\n{_program.Output}");
        if (!_program.HasExited) await _program.Terminate();
        await _program.DisposeAsync();
        _folder.Dispose();
    }

    private async Task Post(string verb, object body)
    {
        using var response = await Client.PostAsJsonAsync($"{Control}/control/{verb}", body);
        Assert.That(response.IsSuccessStatusCode, Is.True, await response.Content.ReadAsStringAsync());
    }
}
