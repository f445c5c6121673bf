using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Viddhana.Tests.EndToEnd.Harness;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd.Compatibility.Harness;

/// <summary>The published engine with a port of each kind, on a simulated chain of its own or on a node that is given.</summary>
internal sealed class WireEngine : IAsyncDisposable
{
    /// <summary>An address of the chain that nobody has a wallet for: the pool's.</summary>
    public const string PoolAddress = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

    private static readonly HttpClient Client = new() { Timeout = TimeSpan.FromSeconds(20) };

    private readonly EngineSetup _setup;
    private readonly SimulatedChain? _chain;
    private readonly TemporaryFolder _folder = new();
    private readonly int[] _ports;
    private RunningProgram? _program;

    private WireEngine(EngineSetup setup, SimulatedChain? chain)
    {
        _setup = setup;
        _chain = chain;
        _ports = FreePorts.Take(3 + setup.MorePorts.Length);
        Fingerprint = MakeCertificate();
        File.WriteAllText(_folder["viddhana.yaml"], Yaml());
    }

    /// <summary>The simulated chain.</summary>
    public SimulatedChain Chain => _chain ?? throw new InvalidOperationException("this engine runs on a node of the test's own");

    /// <summary>The engine itself, to be ended and looked at.</summary>
    public RunningProgram Program => _program!;

    /// <summary>SHA-256 of the certificate, hex digits without separators.</summary>
    public string Fingerprint { get; private set; }

    /// <summary>The configuration file.</summary>
    public string Config => _folder["viddhana.yaml"];

    /// <summary>The certificate's file.</summary>
    public string Certificate => _folder["certificate.pem"];

    /// <summary>The port of /metrics and /ready.</summary>
    public int MetricsPort => _ports[2];

    /// <summary>The configured data directory.</summary>
    public string Data => _folder["data"];

    /// <summary>Where block candidates lie until nodes have spoken.</summary>
    public string Candidates => Path.Combine(Data, "candidates");

    /// <summary>The address of a miner, as user name.</summary>
    public string Miner { get; private set; } = "";

    public static async Task<WireEngine> Start(EngineSetup setup)
    {
        var chain = setup.Node is null ? await SimulatedChain.Start(setup.Bits, setup.Transactions) : null;
        var engine = new WireEngine(setup, chain);
        try
        {
            engine.Miner = setup.Node?.Address ?? await chain!.NewAddress("miners");
            await engine.Start();
            return engine;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the engine, again after it was ended, and waits until it has work.</summary>
    public async Task Start()
    {
        if (_program is not null) await _program.DisposeAsync();
        _program = RunningProgram.Start(_setup.Program, ["--config", _folder["viddhana.yaml"]]);
        await Eventually.Holds("the engine is ready", async () =>
        {
            if (_program.HasExited) throw new InvalidOperationException($"the engine ended with {_program.ExitCode}:\n{_program.Output}");
            using var response = await Client.GetAsync($"http://127.0.0.1:{_ports[2]}/ready");
            return response.IsSuccessStatusCode;
        });
    }

    /// <summary>The standard port of this kind.</summary>
    public int Port(Wire wire = Wire.Plain) => wire == Wire.Plain ? _ports[0] : _ports[1];

    /// <summary>One of the setup's own ports.</summary>
    public int MorePort(int index) => _ports[3 + index];

    /// <summary>Connects to the standard port.</summary>
    public Task<WireClient> Connect(Wire wire = Wire.Plain) => WireClient.Connect(Port(wire), wire, Fingerprint);

    /// <summary>Connects and logs in as a worker of the miner's address, up to the first job.</summary>
    public async Task<WireClient> ConnectAndLogIn(Wire wire = Wire.Plain, string worker = "rig")
    {
        var client = await Connect(wire);
        await client.LogIn($"{Miner}.{worker}");
        return client;
    }

    /// <summary>The same, and waits for work on the block that is the node's last one now.</summary>
    public async Task<WireClient> ConnectOnTip(Wire wire = Wire.Plain)
    {
        var tip = StratumHeader.AsInNotify((await Chain.Rpc.Call("getbestblockhash")).GetString()!);
        var client = await ConnectAndLogIn(wire);
        await client.WaitForJob(job => job.PrevHash == tip);
        return client;
    }

    /// <summary>Runs the engine's program with a command for this running engine; gives what it printed. Fails where it fails.</summary>
    public async Task<string> Command(params string[] arguments)
    {
        var (code, output) = await RunningProgram.Run(Programs.Engine, [.. arguments, "--config", _folder["viddhana.yaml"]]);
        Assert.That(code, Is.Zero, output);
        return output.Trim();
    }

    /// <summary>The engine's metrics as text.</summary>
    public Task<string> Metrics() => Client.GetStringAsync($"http://127.0.0.1:{_ports[2]}/metrics");

    public async ValueTask DisposeAsync()
    {
        if (_program is not null)
        {
            if (TestContext.CurrentContext.Result.Outcome.Status == NUnit.Framework.Interfaces.TestStatus.Failed)
                TestContext.Out.WriteLine($"--- engine\n{_program.Output}");
            if (!_program.HasExited) await _program.Terminate();
            await _program.DisposeAsync();
        }

        if (_chain is not null) await _chain.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Puts another certificate and key in the place of the first.</summary>
    public void RenewCertificate() => Fingerprint = MakeCertificate();

    private string MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(_folder["certificate.pem"], certificate.ExportCertificatePem());
        File.WriteAllText(_folder["key.pem"], key.ExportPkcs8PrivateKeyPem());
        return certificate.GetCertHashString(HashAlgorithmName.SHA256);
    }

    private string Yaml()
    {
        var (coin, url, address) = _setup.Node ?? ("bitcoin", _chain!.Url, PoolAddress);
        string[] ports = ["tls: false", "tls: true", .. _setup.MorePorts];
        var listeners = ports.Select((rest, i) => $"      - {{listen: 127.0.0.1, port: {_ports[i < 2 ? i : i + 1]}, {rest}}}\n");
        return $"""
            common:
              data: {Data}
            {Indent(_setup.Common, 2)}
            pools:
              - id: main
                coin: {coin}
                network: regtest
                address: {address}
                nodes:
                  - url: {url}
                ports:
            {string.Concat(listeners)}    difficulty:
                  start: {_setup.StartDifficulty}
                  min: "0.0000000001"
                  vardiff: false
            {Indent(_setup.Pool, 4)}
            engine:
              metrics:
                port: {_ports[2]}
              tls:
                certificate: {_folder["certificate.pem"]}
                key: {_folder["key.pem"]}
            {Indent(_setup.Engine, 2)}

            """;
    }

    private static string Indent(string lines, int by) => string.Join('\n', lines.Split('\n').Select(line => new string(' ', by) + line));
}
