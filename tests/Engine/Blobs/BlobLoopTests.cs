using System.Net;
using System.Net.Sockets;
using System.Text;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Core;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;
using Viddhana.Engine.Metrics;
using Viddhana.Engine.Net;
using Viddhana.Tests.Engine.Net;

namespace Viddhana.Tests.Engine.Blobs;

/// <summary>The dialects of blobs once over real sockets and the engine's loop, with a slow algorithm's worker threads.</summary>
public sealed class BlobLoopTests
{
    private const string Target = BlobRig.HardTarget;

    [Test, Category("a68")]
    public async Task XMRig_mines_over_a_real_socket()
    {
        using var engine = new TestEngine();
        var pool = new BlobPool(BlobForm.CryptoNote, engine.Metrics);
        pool.NewJob(1);
        using var socket = await Line.ConnectAsync(pool.Listen(engine, "4"));
        var client = new XmrigModel();
        await socket.SendAsync(client.Login());
        client.Receive(await socket.ReadAsync());

        var nonce = 0u;
        await socket.SendAsync(client.Mine(ref nonce, out var id));
        client.Receive(await socket.ReadAsync());
        Assert.That(client.Answers[id], Is.Null);

        engine.Broadcaster.Send(pool, pool.NewJob(2));
        client.Receive(await socket.ReadAsync());
        Assert.That(client.Jobs, Is.EqualTo(2));
        await socket.SendAsync(client.Mine(ref nonce, out id) + client.KeepAlive());
        client.Receive(await socket.ReadAsync());
        client.Receive(await socket.ReadAsync());
        Assert.That(client.Answers[id], Is.Null);
        Assert.That(client.Closed, Is.Null);
        Assert.That(pool.Recorded, Is.EqualTo(2));
    }

    [Test, Category("a70")]
    public async Task Ethminer_mines_over_a_real_socket()
    {
        using var engine = new TestEngine();
        var pool = new BlobPool(BlobForm.Ethash, engine.Metrics);
        pool.NewJob(1);
        using var socket = await Line.ConnectAsync(pool.Listen(engine, "0.000000001"));
        var client = new EthminerModel(EthminerMode.EthereumStratum) { DifficultyFloor = 0 };
        await socket.SendAsync(client.First());
        while (client.Jobs == 0) await socket.SendAsync(client.Receive(await socket.ReadAsync()));

        var nonce = 0UL;
        await socket.SendAsync(client.Mine(ref nonce) + client.Mine(ref nonce, device: 1));
        while (client.Answers.Count < 2) client.Receive(await socket.ReadAsync());
        Assert.That(client.Answers.Select(answer => (answer.Id, answer.IsAccepted)), Is.EqualTo(new[] { (40, true), (41, true) }));
        Assert.That(pool.Recorded, Is.EqualTo(2));
    }

    private sealed class Line : IDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

        private readonly TcpClient _client = new();
        private StreamReader? _reader;

        public static async Task<Line> ConnectAsync(int port)
        {
            var line = new Line();
            await line._client.ConnectAsync(IPAddress.Loopback, port);
            line._reader = new StreamReader(line._client.GetStream(), Encoding.ASCII);
            return line;
        }

        public async Task SendAsync(string text) => await _client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text));

        public async Task<string> ReadAsync()
        {
            using var limit = new CancellationTokenSource(Patience);
            return await _reader!.ReadLineAsync(limit.Token) ?? throw new EndOfStreamException("closed");
        }

        public void Dispose() => _client.Dispose();
    }

    /// <summary>A pool without node and journal on the test chain.</summary>
    private sealed class BlobPool : IMiningPool
    {
        private readonly TestBlobChain _chain;
        private readonly CoinDefinition _coin;
        private readonly IDialect _dialect;
        private readonly JobStore _jobs = new();
        private readonly DuplicateFilter _seen = new();
        private readonly SessionPool _sessions;
        private uint _newest;

        public BlobPool(BlobForm form, MetricsRegistry metrics)
        {
            _chain = new TestBlobChain(form);
            _coin = BlobRig.Coin(form);
            _dialect = Dialects.ByName[_coin.Dialect];
            _sessions = BlobRig.NewPool(_coin, () => CurrentJob, new LimitsConfig());
            Metrics = new PoolMetrics(metrics, Id);
        }

        public string Id => "blobs";

        public bool IsSlow => true;

        public Job? CurrentJob => _jobs.Current;

        public uint NewestSerial => Volatile.Read(ref _newest);

        public ExtranonceNumbers Numbers { get; } = new(5);

        public PoolMetrics Metrics { get; }

        public int Recorded { get; private set; }

        public int Listen(TestEngine engine, string difficulty)
        {
            var settings = new SessionPort(new DifficultyConfig { Start = difficulty, Min = "0.0000000001", Vardiff = false });
            var port = new MiningPort(this, (extranonce1, now) => _dialect.NewSession(_sessions, settings, extranonce1, now));
            return engine.Listen(port);
        }

        public IRoundValidator NewValidator() => _chain.NewValidator(new SeededPow(), _seen);

        public void Record(Round round, Now now)
        {
            foreach (var verdict in round.Verdicts)
                if (verdict is ShareResult.Accepted or ShareResult.SolvesBlock) Recorded++;
        }

        public Job NewJob(int tip)
        {
            var template = _chain.ReadTemplate(Encoding.ASCII.GetBytes(TestBlobChain.TemplateJson(tip, Target)), _coin, out _)!;
            var numbers = _jobs.Next(template.PrevHash);
            var job = _chain.MakeJob(template, new Viddhana.Core.Chains.JobRequest
            {
                Serial = numbers.Serial,
                Tip = numbers.Tip,
                IsNewTip = numbers.IsNewTip,
                PayoutScript = [],
                Tag = [],
                ProcessStart = 7,
                InstanceId = 5,
                Extranonce2Size = 8,
                NowMs = Clock.MonotonicMs(),
                Render = _dialect.RenderNotify,
            });
            _jobs.Publish(job, Clock.MonotonicMs());
            Volatile.Write(ref _newest, job.Serial);
            return job;
        }
    }
}
