using System.Net;
using Viddhana.Core;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;

namespace Viddhana.Engine.Net;

/// <summary>What loops need of a pool. Everything is called from several loops at once.</summary>
public interface IMiningPool
{
    /// <summary>Pool id.</summary>
    string Id { get; }

    /// <summary>True where hashing takes long: rounds then go to the <see cref="HashWorkers"/>.</summary>
    bool IsSlow { get; }

    /// <summary>The current job, or null before the first template.</summary>
    Job? CurrentJob { get; }

    /// <summary>Serial of the newest job that was ever published; 0 before the first.</summary>
    uint NewestSerial { get; }

    /// <summary>extranonce1 of its connections.</summary>
    ExtranonceNumbers Numbers { get; }

    /// <summary>What it counts.</summary>
    PoolMetrics Metrics { get; }

    /// <summary>A validator for one thread.</summary>
    IRoundValidator NewValidator();

    /// <summary>
    /// Hands block candidates of the validated round to the nodes, then writes the round to the journal. If it cannot be written, accepted
    /// verdicts have become <see cref="ShareResult.Unavailable"/> when this returns. Never waits for a peer.
    /// </summary>
    void Record(Round round, Now now);
}

/// <summary>Where a listener's connections go.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="NewSession">Makes the session of a connection from its extranonce1.</param>
/// <param name="IsShared">Several engines on this machine listen on the port; the kernel spreads connections over them. Linux.</param>
public sealed record MiningPort(IMiningPool Pool, Func<uint, Now, ISession> NewSession, bool IsShared = false)
{
    /// <summary>With a certificate: TLS and plain, by the first byte.</summary>
    public bool IsTlsOptional { get; init; }

    /// <summary>Balancers whose connections begin with a PROXY header.</summary>
    public IReadOnlyList<IPNetwork> ProxyFrom { get; init; } = [];

    /// <summary>Its connections, counted.</summary>
    public PortCount Count { get; } = new();
}

/// <summary>Connections of one port. Counted when they come, log in and go; safe on any thread.</summary>
public sealed class PortCount
{
    private int _plain;
    private int _tls;
    private int _mining;

    /// <summary>Open connections without TLS.</summary>
    public int Plain => Volatile.Read(ref _plain);

    /// <summary>Open connections with TLS.</summary>
    public int Tls => Volatile.Read(ref _tls);

    /// <summary>Those of both that have logged in; up to a second late.</summary>
    public int Mining => Volatile.Read(ref _mining);

    internal void Opened(bool isTls) => Interlocked.Increment(ref isTls ? ref _tls : ref _plain);

    internal void Closed(bool isTls) => Interlocked.Decrement(ref isTls ? ref _tls : ref _plain);

    internal void LoggedIn() => Interlocked.Increment(ref _mining);

    internal void LoggedOut() => Interlocked.Decrement(ref _mining);
}
