namespace Viddhana.Tests.EndToEnd.Compatibility.Harness;

/// <summary>Tests of one wire against one engine that they share; each connects for itself.</summary>
public abstract class WireFixture(Wire wire)
{
    private WireEngine? _engine;

    private protected WireEngine Engine => _engine!;

    /// <summary>The user name of a rig.</summary>
    private protected string User => Engine.Miner + ".rig";

    private protected virtual EngineSetup Setup => new();

    [OneTimeSetUp]
    public async Task StartEngine() => _engine = await WireEngine.Start(Setup);

    [OneTimeTearDown]
    public async Task EndEngine()
    {
        if (_engine is not null) await _engine.DisposeAsync();
    }

    private protected Task<WireClient> Connect() => Engine.Connect(wire);

    private protected Task<WireClient> ConnectAndLogIn() => Engine.ConnectAndLogIn(wire);
}

/// <summary>The same over plain TCP, TLS 1.2 and TLS 1.3: for what happens until work is handed out.</summary>
[TestFixture(Wire.Plain)]
[TestFixture(Wire.Tls12)]
[TestFixture(Wire.Tls13)]
public abstract class EveryWireFixture(Wire wire) : WireFixture(wire);

/// <summary>Over plain TCP alone: for what does not depend on the wire.</summary>
public abstract class PlainWireFixture() : WireFixture(Wire.Plain);
