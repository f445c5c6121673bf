using System.Globalization;
using System.Numerics;
using Viddhana.Contracts.Config;
using Viddhana.Core.Bytes;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;

namespace Viddhana.Tests.Engine.Stratum;

/// <summary>Difficulty that follows a simulated miner: shares come at random at its hash rate, time is the test's.</summary>
public sealed class VardiffTests
{
    private static readonly DifficultyTable Table = new(UInt256.FromBigInteger(new BigInteger(0xffff) << 208));

    [Test]
    public void From_1000_times_too_low_or_too_high_it_comes_into_the_band(
        [Values(0.001, 0.03, 30, 1000)] double factor, [Values(1, 100, 20_000)] int ideal, [Values(1, 2, 3)] int seed)
    {
        var sim = new Simulation(seed, ideal * factor, new DifficultyConfig { Min = "0.0001" }) { Ideal = ideal };
        sim.Run(seconds: 1200);
        Assert.That(sim.Ratio, Is.InRange(0.5, 2.0), "after twenty minutes within a factor of two");
        sim.Run(seconds: 3600);
        Assert.That(sim.Ratio, Is.InRange(0.6, 1.6), "then within the band and what rounding leaves");
    }

    [Test]
    public void Ten_times_too_fast_is_caught_within_a_minute([Values(1, 2, 3, 4, 5)] int seed)
    {
        var sim = new Simulation(seed, 100, new DifficultyConfig()) { Ideal = 100_000 };
        sim.Run(seconds: 60);
        Assert.That(sim.Ratio, Is.GreaterThan(0.1), "1000 times too fast is within a factor of ten after a minute");
        Assert.That(sim.Shares, Is.LessThan(3000), "and did not flood until then");
    }

    [Test]
    public void A_steady_miner_is_left_alone([Range(1, 10)] int seed)
    {
        var sim = new Simulation(seed, 1000, new DifficultyConfig()) { Ideal = 1000 };
        sim.Run(seconds: 12 * 3600);
        Assert.That(sim.Changes, Is.LessThanOrEqualTo(3), "changes in twelve hours");
        Assert.That(sim.Lowest, Is.GreaterThan(500));
        Assert.That(sim.Highest, Is.LessThan(2000));
    }

    [Test]
    public void After_hours_of_steady_work_a_change_is_still_seen_soon([Values(0.25, 3)] double change)
    {
        var sim = new Simulation(1, 1000, new DifficultyConfig()) { Ideal = 1000 };
        sim.Run(seconds: 10 * 3600);
        sim.Ideal *= change;
        sim.Run(seconds: 2400);
        Assert.That(sim.Ratio, Is.InRange(0.6, 1.7));
    }

    [Test]
    public void It_never_leaves_its_limits_and_no_step_is_wild([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        var config = new DifficultyConfig { Min = "0.5", Max = "5000", Start = "100", TargetSeconds = 1 + random.Next(20) };
        var sim = new Simulation(seed, 100, config);
        for (var i = 0; i < 30; i++)
        {
            sim.Ideal = Math.Pow(10, (random.NextDouble() * 10) - 4);
            sim.Run(seconds: random.Next(600));
        }

        Assert.That(sim.Lowest, Is.GreaterThanOrEqualTo(0.5));
        Assert.That(sim.Highest, Is.LessThanOrEqualTo(5000));
        Assert.That(sim.StepUpMax, Is.LessThanOrEqualTo(Vardiff.RaiseMax * 1.5));
        Assert.That(sim.StepDownMax, Is.LessThanOrEqualTo(Vardiff.LowerMax * 1.5));
    }

    [Test]
    public void Shares_that_come_in_bursts_do_not_raise_it([Values(12, 30)] int burst)
    {
        // What a proxy does that hands on its shares at once, at exactly the target rate.
        var sim = new Simulation(1, 1000, new DifficultyConfig());
        for (var i = 0; i < 40; i++)
        {
            sim.Run(seconds: burst * 10);
            for (var share = 0; share < burst; share++) sim.Share();
            sim.Run(seconds: 1);
        }

        Assert.That(sim.Highest, Is.LessThan(2500));
    }

    [Test]
    public void One_burst_after_login_raises_nothing()
    {
        var sim = new Simulation(1, 1000, new DifficultyConfig());
        sim.Run(seconds: 5);
        for (var share = 0; share < 500; share++) sim.Share();
        sim.Run(seconds: 30);
        Assert.That(sim.Highest, Is.EqualTo(1000));
    }

    [Test]
    public void A_miner_that_falls_silent_gets_easier_work_down_to_the_minimum()
    {
        var sim = new Simulation(1, 1000, new DifficultyConfig { Min = "2" }) { Ideal = 1000 };
        sim.Run(seconds: 1000);
        sim.Ideal = 0;
        sim.Run(seconds: 200);
        Assert.That(sim.Now, Is.LessThan(600));
        sim.Run(seconds: 3600);
        Assert.That(sim.Now, Is.EqualTo(2));
    }

    [TestCase(false, "x")]
    [TestCase(true, "fd=64")]
    public void A_fixed_difficulty_stays(bool vardiff, string password)
    {
        var sim = new Simulation(1, 64, new DifficultyConfig { Vardiff = vardiff }) { Ideal = 50_000 };
        if (AskedDifficulty.FromPassword(password) is { Start: { } start, IsFixed: true }) sim.Difficulty.Choose(start, isFixed: true, 0);
        sim.Run(seconds: 300);
        Assert.That(sim.Changes, Is.Zero);
    }

    [Test]
    public void Values_have_two_significant_digits_or_are_powers_of_two([Range(1, 5)] int seed)
    {
        var sim = new Simulation(seed, 1, new DifficultyConfig { Min = "0.0001" });
        foreach (var ideal in new[] { 0.003, 7, 1234, 0.07, 20, 5000 })
        {
            sim.Ideal = ideal;
            sim.Run(seconds: 900);
        }

        Assert.That(sim.Values, Has.Count.GreaterThan(8));
        foreach (var value in sim.Values) Assert.That(value, Is.EqualTo(value.RoundDown()).Or.EqualTo(Difficulty.One));
    }

    /// <summary>A miner with a hash rate at which <see cref="Ideal"/> is the difficulty of the target share time.</summary>
    private sealed class Simulation
    {
        private readonly Random _random;
        private readonly double _targetMs;
        private double _now;
        private long _nowMs = 1;
        private double _untilShare = 1;

        public Simulation(int seed, double start, DifficultyConfig config)
        {
            _random = new Random(seed);
            config.Start = start.ToString(CultureInfo.InvariantCulture);
            _targetMs = config.TargetSeconds * 1000;
            Difficulty = new SessionDifficulty(Table, new SessionPort(config));
            Difficulty.Begin(_nowMs);
            Lowest = Highest = _now = Now;
        }

        public SessionDifficulty Difficulty { get; }

        public double Ideal { get; set; }

        public double Now => Difficulty.Wanted.Difficulty.ToDouble();

        public double Ratio => Now / Ideal;

        public double Lowest { get; private set; }

        public double Highest { get; private set; }

        public double StepUpMax { get; private set; } = 1;

        public double StepDownMax { get; private set; } = 1;

        public int Changes { get; private set; }

        public int Shares { get; private set; }

        public HashSet<Difficulty> Values { get; } = [];

        public void Run(int seconds)
        {
            for (var end = _nowMs + (seconds * 1000L); _nowMs < end; _nowMs += 100)
            {
                // Work done in 100 ms, in shares of the present difficulty. Gaps between shares are exponential.
                _untilShare -= Ideal * 100 / (_now * _targetMs);
                while (_untilShare <= 0)
                {
                    Share();
                    _untilShare -= Math.Log(1 - _random.NextDouble());
                }

                if (_nowMs % 1000 < 100) Observe(() => Difficulty.OnTick(_nowMs));
            }
        }

        public void Share()
        {
            Shares++;
            var credited = Difficulty.Wanted;
            Observe(() => Difficulty.OnShare(credited, _nowMs));
        }

        private void Observe(Action act)
        {
            var wanted = Difficulty.Wanted;
            act();
            if (ReferenceEquals(wanted, Difficulty.Wanted)) return;

            var before = wanted.Difficulty.ToDouble();

            _now = Now;
            Changes++;
            Values.Add(Difficulty.Wanted.Difficulty);
            Lowest = Math.Min(Lowest, Now);
            Highest = Math.Max(Highest, Now);
            StepUpMax = Math.Max(StepUpMax, Now / before);
            StepDownMax = Math.Max(StepDownMax, before / Now);
        }
    }
}
