using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Core;
using Viddhana.Core.Access;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Bytes;
using Viddhana.Core.Chains;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;
using Viddhana.Engine.Journal;
using Viddhana.Engine.Metrics;
using Viddhana.Engine.Net;
using Viddhana.Engine.Node;

namespace Viddhana.Engine;

/// <summary>
/// One pool, wired: template to job to broadcast; round to block candidates to journal; verdicts of the nodes to journal. The only
/// place where chain, dialect, nodes and journal meet.
/// </summary>
public sealed class Pool : IMiningPool, IAsyncDisposable
{
    private const int RetryMs = 1_000;
    private const int ProposalMs = 30_000;
    private const int BroadcastMs = 2_000;

    private readonly PoolConfig _config;
    private readonly PoolSetup _setup;
    private readonly CoinDefinition _coin;
    private readonly IChain _chain;
    private readonly IPowAlgorithm _pow;
    private readonly IDialect _dialect;
    private readonly SessionPool _sessions;
    private readonly byte[] _payoutScript;
    private readonly byte[] _tag;
    private readonly JobStore _jobs = new();
    private readonly DuplicateFilter _seen;
    private readonly Queue<Job> _published = new();
    private readonly Lock _publishing = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly NodeGroup _nodes;
    private readonly NodeWatcher _watcher;
    private readonly BlockSubmitter _submitter;
    private readonly JobMetrics _jobMetrics;
    private readonly CoinbaseMetrics _coinbaseMetrics;
    private IChainTemplate? _template;
    private string? _templateError;
    private uint _newestSerial;
    private int _isRenewing;

    /// <summary>Wires the pool; nothing is asked of a node before <see cref="Start"/>.</summary>
    /// <param name="config">The pool as configured, checked by the loader.</param>
    /// <param name="setup">What all pools of the process share.</param>
    /// <exception cref="IOException">The directory of block candidates cannot be used.</exception>
    public Pool(PoolConfig config, PoolSetup setup)
    {
        _config = config;
        _setup = setup;
        _coin = CoinDefinitions.Get(config.Coin)!;
        _chain = Chains.ByName[_coin.Chain];
        _pow = PowAlgorithms.ByName[_coin.Algorithm];
        _dialect = Dialects.ByName[_coin.Dialect];
        var network = _coin.Networks[config.Network];
        Check.That(AddressCodec.TryDecode(config.Address, network, out _payoutScript, out _));
        _tag = System.Text.Encoding.ASCII.GetBytes(config.Tag);
        _seen = new DuplicateFilter(setup.SharesPerTipMax, setup.SharesPerTipMax / 1_024, NewSeed(), NewSeed());
        Numbers = new ExtranonceNumbers(setup.Journal.InstanceId);
        Metrics = new PoolMetrics(setup.Metrics, config.Id);
        _jobMetrics = new JobMetrics(setup.Metrics, config.Id, () => CurrentJob);
        var profiles = new CoinbaseProfiles(setup.Coinbase);
        _coinbaseMetrics = new CoinbaseMetrics(setup.Metrics, config.Id, profiles.All, setup.Log);
        var numbers = new PoolNumbers(this);
        Parked = new ParkedSessions(setup.Sessions.ResumeSeconds * 1_000L, setup.Limits.Connections, numbers);
        LastDifficulties = new WorkerDifficulties(
            setup.Sessions.RememberSeconds * 1_000L, setup.Sessions.RememberWorkers, setup.HasOtherEngines);
        _sessions = new SessionPool(_coin, network, config.Extranonce2Size, () => CurrentJob, setup.Limits)
        {
            Profiles = profiles,
            KeepAliveMs = setup.Sessions.KeepAliveSeconds * 1_000L,
            Numbers = numbers,
            Parked = Parked,
            NewSessionId = NewSessionId,
            LastDifficulties = LastDifficulties,
            Directory = setup.Directory,
        };
        _nodes = new NodeGroup(config, _coin, setup.Log, setup.Metrics);
        _watcher = new NodeWatcher(_nodes);
        RecordLeftCandidates();
        _submitter = new BlockSubmitter(setup.CandidateDirectory, _nodes, OnVerdict);
    }

    /// <inheritdoc/>
    public string Id => _config.Id;

    /// <inheritdoc/>
    public bool IsSlow => _pow.IsSlow;

    /// <inheritdoc/>
    public Job? CurrentJob => _jobs.Current;

    /// <inheritdoc/>
    public uint NewestSerial => Volatile.Read(ref _newestSerial);

    /// <inheritdoc/>
    public ExtranonceNumbers Numbers { get; }

    /// <inheritdoc/>
    public PoolMetrics Metrics { get; }

    /// <summary>Sessions that may be resumed.</summary>
    public ParkedSessions Parked { get; }

    /// <summary>As configured.</summary>
    public PoolConfig Config => _config;

    /// <summary>Its nodes.</summary>
    public NodeGroup Nodes => _nodes;

    /// <summary>What is counted of its jobs.</summary>
    internal JobMetrics Jobs => _jobMetrics;

    /// <summary>Why the last template could not be used, or null.</summary>
    public string? TemplateError => Volatile.Read(ref _templateError);

    /// <summary>Age of the template at hand in milliseconds; -1 before the first.</summary>
    public long TemplateAgeMs => _watcher.AgeMs();

    /// <summary>Block candidates that some node has not given its last word on.</summary>
    public int BlocksWaiting => _submitter.Pending;

    /// <summary>What its workers had last.</summary>
    public WorkerDifficulties LastDifficulties { get; }

    /// <summary>
    /// Begins to watch the nodes. The task ends when the pool is disposed, or with a fault that the process cannot go on with.
    /// </summary>
    public Task Start() => _watcher.Start(OnTemplate);

    /// <summary>Where a listener of this pool sends its connections.</summary>
    public MiningPort Port(PortConfig port)
    {
        var settings = new SessionPort(port.Difficulty ?? _config.Difficulty, port.DrainTo);
        return new MiningPort(this, (extranonce1, now) => _dialect.NewSession(_sessions, settings, extranonce1, now), port.Shared)
        {
            IsTlsOptional = port.Tls == PortTls.Auto,
            ProxyFrom = AddressRange.ParseAll(port.ProxyFrom),
        };
    }

    /// <summary>The nodes, and whether there is work.</summary>
    public IEnumerable<HealthEntry> Health()
    {
        var job = CurrentJob;
        var error = Volatile.Read(ref _templateError);
        var detail = error ?? (job is null ? "no job yet" : $"height {job.Height}, job {job.Serial}");
        return [.. _nodes.Health(), _watcher.Health(), new HealthEntry($"job {Id}", job is not null && error is null, detail)];
    }

    /// <inheritdoc/>
    public IRoundValidator NewValidator() => _chain.NewValidator(_pow, _seen);

    /// <inheritdoc/>
    public void Record(Round round, Now now)
    {
        var found = round.Blocks.Count == 0 ? [] : SubmitBlocks(round, now);
        var job = JobOf(round);
        if (!_setup.Journal.Append(Id, job?.Nbits ?? 0, (uint)(job?.Height ?? 0), round, found, now)) Refuse(round);
        if (_seen.NeedsNewWork && Interlocked.Exchange(ref _isRenewing, 1) == 0) Task.Run(Renew);
    }

    /// <summary>Stops watching and submitting. Unfinished candidates stay on disk.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watcher.DisposeAsync();
        await _submitter.DisposeAsync();
        await _nodes.DisposeAsync();
        _stop.Dispose();
    }

    // ---- Template to job

    private void OnTemplate(TemplateArrival arrival)
    {
        var template = _chain.ReadTemplate(arrival.Json, _coin, out var error);
        if (template is null)
        {
            if (Volatile.Read(ref _templateError) != error) _setup.Log.Error("job", $"pool {Id}: {arrival.Node}: {error}");
            Volatile.Write(ref _templateError, error);
            return;
        }

        Volatile.Write(ref _templateError, null);
        var previous = _template;
        var broadcast = Publish(template, forceNewTip: false);
        var bytes = arrival.TakeBytes();
        _ = Task.Run(() => AfterBroadcastAsync(broadcast, template, previous, bytes));
    }

    private Broadcast Publish(IChainTemplate template, bool forceNewTip)
    {
        Job job;
        Broadcast broadcast;
        lock (_publishing)
        {
            var nowMs = Clock.MonotonicMs();
            var numbers = _jobs.Next(template.PrevHash, forceNewTip);
            job = _chain.MakeJob(template, Request(numbers, nowMs));
            _coinbaseMetrics.Prepare(job);
            _template = template;
            _published.Enqueue(job);
            Volatile.Write(ref _newestSerial, job.Serial);
            _jobs.Publish(job, nowMs);
            broadcast = _setup.Broadcaster.Send(this, job);
            while (_published.TryPeek(out var oldest) && oldest.IsRetired) _published.Dequeue();
            Parked.Expire(nowMs);
            Numbers.JobsRetiredBelow(_published.Peek().Serial);
        }

        _jobMetrics.Published(job, template);
        _setup.Log.Debug("job", $"pool {Id}: job {job.Serial}, height {job.Height}, {template.TransactionCount} transactions");
        return broadcast;
    }

    // What can wait until miners have the job: taking its transactions over costs milliseconds, and a proposal keeps this machine, and the
    // node if it runs here too, busy for tens of them.
    private async Task AfterBroadcastAsync(Broadcast broadcast, IChainTemplate template, IChainTemplate? previous, IDisposable bytes)
    {
        await broadcast.Sent.WaitAsync(TimeSpan.FromMilliseconds(BroadcastMs), _stop.Token)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            template.Settle(previous);
            bytes.Dispose();   // not before, whatever happens: jobs read from them
        }
        catch (Exception e)
        {
            _setup.Log.Error("job", $"pool {Id}: taking over the transactions of a template failed by a fault of our own: {e}");
        }

        if (broadcast.Job is { IsNewTip: true, IsRetired: false }) await ProposeAsync(broadcast.Job);
    }

    private JobRequest Request(JobNumbers numbers, long nowMs) => new()
    {
        Serial = numbers.Serial,
        Tip = numbers.Tip,
        IsNewTip = numbers.IsNewTip,
        PayoutScript = _payoutScript,
        Tag = _tag,
        ProcessStart = _setup.Journal.ProcessStart,
        InstanceId = _setup.Journal.InstanceId,
        Extranonce2Size = _config.Extranonce2Size,
        NowMs = nowMs,
        Render = _dialect.RenderNotify,
    };

    // The filter of duplicates is nearly full: all work in hand is retired, and the filter begins anew with the tip's next number.
    private void Renew()
    {
        try
        {
            IChainTemplate template;
            lock (_publishing) template = _template!;
            _setup.Log.Warning("job", $"pool {Id}: too many shares on one tip for the filter of duplicates, all miners get new work");
            var broadcast = Publish(template, forceNewTip: true);
            _ = Task.Run(() => ProposeAsync(broadcast.Job));
        }
        finally
        {
            Volatile.Write(ref _isRenewing, 0);
        }
    }

    // After the broadcast, never before it: miners work meanwhile, and blocks on a refused job are submitted all the same.
    private async Task ProposeAsync(Job job)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            limit.CancelAfter(ProposalMs);
            byte[] rented = [];
            var reason = await _nodes.ProposeAsync(_chain.MakeProposalHex(job, size => rented = LargeBuffers.Rent(size)), limit.Token);
            LargeBuffers.Return(rented);   // only now: a call that was given up may still be sending it
            if (reason is null) return;

            _jobMetrics.Refuse(reason, Clock.Now().UtcMs);
            _setup.Log.Error("job", $"pool {Id}: the node would refuse a block of job {job.Serial} at height {job.Height}: {reason}. "
                + "The job is withdrawn; shares on it are stale, blocks on it are still submitted");
            lock (_publishing) _jobs.Withdraw(job, Clock.MonotonicMs());
            await Task.Delay(RetryMs, _stop.Token);
            _watcher.RefreshNow();
        }
        catch (OperationCanceledException)
        {
            _setup.Log.Debug("job", $"pool {Id}: no word on the proposal of job {job.Serial}");
        }
        catch (Exception e)
        {
            _setup.Log.Error("job", $"pool {Id}: proposing job {job.Serial} failed by a fault of our own: {e}");
        }
    }

    // ---- Round to nodes and journal

    private static Job? JobOf(Round round)
    {
        var verdicts = round.Verdicts;
        Job? any = null;
        for (var i = 0; i < verdicts.Length; i++)
        {
            any ??= round.Pending[i].Work.Work?.Job;
            if (verdicts[i] is ShareResult.Accepted or ShareResult.SolvesBlock) return round.Pending[i].Work.Work.Job;
        }

        return any;
    }

    private static void Refuse(Round round)
    {
        foreach (ref var verdict in round.Verdicts)
            if (verdict is ShareResult.Accepted or ShareResult.SolvesBlock) verdict = ShareResult.Unavailable;
    }

    private BlockFound[] SubmitBlocks(Round round, Now now)
    {
        var found = new BlockFound[round.Blocks.Count];
        for (var i = 0; i < found.Length; i++)
        {
            var block = round.Blocks[i];
            ref readonly var pending = ref round.Pending[block.Index];
            var job = pending.Work.Work.Job;
            found[i] = Found(block, pending, job, now);
            _submitter.Submit(new BlockCandidate { Found = found[i], BlockHex = _chain.MakeBlockHex(job, block.Header, block.Coinbase) });
            if (round.Verdicts[block.Index] != ShareResult.Duplicate) Metrics.BlocksFound.Add();
        }

        return found;
    }

    private BlockFound Found(SolvedBlock block, in Pending pending, Job job, Now now) => new()
    {
        Hash = _chain.BlockId(block.Header),
        Height = (uint)job.Height,
        PrevHash = Hex.ToReversedText(job.PrevHash),
        CoinbaseTxid = _chain.TransactionId(block.Coinbase),
        Reward = job.CoinbaseValue,
        NetworkWork = job.NetworkWork,
        Worker = pending.Worker?.Name ?? "",
        ShareSequence = 0,
        ShareUtcMs = now.UtcMs,
        ShareWork = 0,
    };

    // A crash between a candidate's file and its journal entry would leave a block that nobody is paid for: it is recorded again, and the
    // reader takes a block once.
    private void RecordLeftCandidates()
    {
        var store = new CandidateStore(_setup.CandidateDirectory, Id);
        foreach (var (_, candidate) in store.Load(out _))
        {
            var nbits = _chain.NbitsOf(candidate.BlockHex);
            if (!_setup.Journal.Append(Id, nbits, candidate.Found, Clock.Now())) _ = RecordLaterAsync(nbits, candidate.Found);
        }
    }

    private async Task RecordLaterAsync(uint nbits, BlockFound found)
    {
        do await Task.Delay(RetryMs, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (!_stop.IsCancellationRequested && !_setup.Journal.Append(Id, nbits, found, Clock.Now()));
    }

    private void OnVerdict(BlockVerdict verdict)
    {
        if (!verdict.Accepted) _setup.Log.Error("block", $"pool {Id}: block {verdict.Hash} was refused: {verdict.Reason} ({verdict.Node})");
        if (!_setup.Journal.Append(Id, verdict, Clock.Now())) _ = RecordLaterAsync(verdict);
    }

    private async Task RecordLaterAsync(BlockVerdict verdict)
    {
        do await Task.Delay(RetryMs, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (!_stop.IsCancellationRequested && !_setup.Journal.Append(Id, verdict, Clock.Now()));
    }

    private static ulong NewSeed() => (ulong)Random.Shared.NextInt64();

    private static ulong NewSessionId()
    {
        Span<byte> chance = stackalloc byte[sizeof(ulong)];
        System.Security.Cryptography.RandomNumberGenerator.Fill(chance);
        return BitConverter.ToUInt64(chance);
    }

    private sealed class PoolNumbers(Pool pool) : IExtranonceNumbers
    {
        public uint? Take() => pool.Numbers.Take();

        public void Return(uint extranonce1) => pool.Numbers.Return(extranonce1, pool.NewestSerial);
    }
}

/// <summary>What all pools of a process share.</summary>
/// <param name="Journal">The store of shares.</param>
/// <param name="Broadcaster">Reaches all loops.</param>
/// <param name="Limits">Limits of connections and messages.</param>
/// <param name="CandidateDirectory">Where block candidates lie until their fate is known.</param>
/// <param name="Log">The log.</param>
/// <param name="Metrics">The metrics.</param>
public sealed record PoolSetup(
    ShareJournal Journal, Broadcaster Broadcaster, LimitsConfig Limits, string CandidateDirectory, Log Log, MetricsRegistry Metrics)
{
    /// <summary>Shares of one tip that the filter of duplicates remembers; near it, miners get new work.</summary>
    public int SharesPerTipMax { get; init; } = DuplicateFilter.DefaultHashesMax;

    /// <summary>How large a coinbase devices can read.</summary>
    public CoinbaseConfig Coinbase { get; init; } = new();

    /// <summary>What outlasts a connection.</summary>
    public SessionsConfig Sessions { get; init; } = new();

    /// <summary>What is known by now of names and bans.</summary>
    public Func<StratumDirectory> Directory { get; init; } = static () => StratumDirectory.Empty;

    /// <summary>There may be other engines, which keep what their workers had last in Redis.</summary>
    public bool HasOtherEngines { get; init; }
}
