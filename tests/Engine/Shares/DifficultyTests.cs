using System.Globalization;
using System.Numerics;
using Viddhana.Contracts.Config;
using Viddhana.Core.Bytes;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;

namespace Viddhana.Tests.Engine.Shares;

public sealed class DifficultyTests
{
    private static readonly UInt256 BitcoinOne = TargetOf(0x1d00ffff);
    private static readonly DifficultyTable Bitcoin = new(BitcoinOne);
    private static readonly DifficultyTable Litecoin = new(UInt256.FromBigInteger(new BigInteger(0xffff) << 224));

    [TestCase("1", "1")]
    [TestCase("1024", "1024")]
    [TestCase("2147483648", "2147483648")]
    [TestCase("0.00015", "0.00015")]
    [TestCase("0.0000000001", "0.0000000001")]
    [TestCase("1.50", "1.5")]
    [TestCase("10.0", "10")]
    [TestCase("007", "7")]
    [TestCase("0.5", "0.5")]
    [TestCase("123456789.123456789", "123456789.123456789")]
    [TestCase("0.000000000123456789", "0.000000000123456789")]
    public void Decimals_are_read_and_printed_exactly(string text, string expected)
    {
        Assert.That(Difficulty.TryParse(text, out var value), Is.True);
        Assert.That(value.Text, Is.EqualTo(expected));
    }

    // 2^-32 = 2.33e-10 is the bound: below it the target is 2^256 - 1.
    [TestCase("0.0000000001", true)]
    [TestCase("0.0000000002", true)]
    [TestCase("0.0000000003", false)]
    public void At_the_smallest_configured_difficulty_every_hash_is_a_share(string text, bool isEveryHash)
    {
        var result = ConfigLoader.Load($$"""
            pools:
              - id: btc
                coin: bitcoin
                network: regtest
                address: bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080
                nodes:
                  - url: http://u@127.0.0.1:18443
                difficulty:
                  start: {{text}}
                  min: {{text}}
                  vardiff: false
            """, "viddhana.yaml", new Dictionary<string, string>(), ConfigPart.Engine);
        Assert.That(result.Problems, Is.Empty);

        var port = new SessionPort(result.Config!.Pools[0].Difficulty);
        Assert.That(port.HasVardiff, Is.False);
        Assert.That(port.Start.Text, Is.EqualTo(text));
        Assert.That(port.Clamp(port.Start), Is.EqualTo(port.Start));

        var difficulty = Bitcoin.ClampTo(Bitcoin.Get(port.Start), UInt256.Zero);
        Assert.That(difficulty.Difficulty, Is.EqualTo(port.Start));
        Assert.That(difficulty.Target == UInt256.Max, Is.EqualTo(isEveryHash));
        Assert.That(difficulty.Work, Is.EqualTo(1));
    }

    [TestCase("")]
    [TestCase(null)]
    [TestCase("0")]
    [TestCase("0.0")]
    [TestCase("-1")]
    [TestCase("+1")]
    [TestCase("1e3")]
    [TestCase("1e-5")]
    [TestCase(" 1")]
    [TestCase("1 ")]
    [TestCase(".5")]
    [TestCase("5.")]
    [TestCase(".")]
    [TestCase("1.2.3")]
    [TestCase("1,000")]
    [TestCase("0x10")]
    [TestCase("NaN")]
    [TestCase("٣")]
    [TestCase("0.00000000009999", Description = "below 1e-10")]
    [TestCase("2147483648.1", Description = "above 2^31")]
    [TestCase("99999999999999999999999999999999999999")]
    [TestCase("0.12345678901234567890123", Description = "too many digits")]
    [TestCase("0000000000000000000000000000000000000000000000000001")]
    public void What_is_no_plain_decimal_in_range_is_refused(string? text) => Assert.That(Difficulty.TryParse(text, out _), Is.False);

    [Test]
    public void Equal_values_are_equal_however_they_were_made()
    {
        for (var n = 0; n <= 17; n++)
        {
            Assert.That(Difficulty.TryParse(Difficulty.FromPowerOfHalf(n).Text, out var read), Is.True);
            Assert.That(read, Is.EqualTo(Difficulty.FromPowerOfHalf(n)), $"2^-{n}");
        }

        Assert.That(Parse("4.0"), Is.EqualTo(Difficulty.FromInteger(4)));
    }

    [Test]
    public void Powers_of_half_print_exactly()
    {
        Assert.That(Difficulty.FromPowerOfHalf(1).Text, Is.EqualTo("0.5"));
        Assert.That(Difficulty.FromPowerOfHalf(10).Text, Is.EqualTo("0.0009765625"));
        Assert.That(Difficulty.FromPowerOfHalf(33).Text, Is.EqualTo("0.000000000116415321826934814453125"));
        for (var n = 0; n <= 33; n++)
        {
            var text = Difficulty.FromPowerOfHalf(n).Text;
            Assert.That(double.Parse(text, CultureInfo.InvariantCulture), Is.EqualTo(Math.ScaleB(1, -n)), "a miner's double is exact");
        }
    }

    [Test]
    public void Rounding_down_never_goes_up_and_keeps_to_two_digits_or_a_power_of_half()
    {
        const int seed = 7;
        var random = new Random(seed);
        for (var i = 0; i < 5_000; i++)
        {
            var wanted = Math.Pow(10, (random.NextDouble() * 20) - 10);
            var rounded = Difficulty.RoundDown(wanted);
            if (wanted >= Math.ScaleB(1, -33)) Assert.That(rounded.ToDouble(), Is.LessThanOrEqualTo(wanted), $"seed {seed}, {wanted}");
            if (wanted < 2_100_000_000) Assert.That(rounded.ToDouble() * 2, Is.GreaterThan(wanted), $"seed {seed}, {wanted}");
            Assert.That(rounded.RoundDown(), Is.EqualTo(rounded), $"seed {seed}, {wanted}");
            if (rounded >= Difficulty.One) Assert.That(rounded.Text.TrimEnd('0').Length, Is.LessThanOrEqualTo(2), $"seed {seed}, {wanted}");
            else Assert.That(rounded.Mantissa, Is.EqualTo(1), $"seed {seed}, {wanted}");
        }
    }

    [TestCase(double.NaN, "0.000000000116415321826934814453125")]
    [TestCase(double.PositiveInfinity, "2100000000")]
    [TestCase(-5, "0.000000000116415321826934814453125")]
    [TestCase(0, "0.000000000116415321826934814453125")]
    [TestCase(1, "1")]
    [TestCase(0.9999, "0.5")]
    [TestCase(99.9, "99")]
    [TestCase(100, "100")]
    [TestCase(109.5, "100")]
    [TestCase(1024, "1000")]
    public void Rounding_down_at_the_edges(double wanted, string expected) =>
        Assert.That(Difficulty.RoundDown(wanted).Text, Is.EqualTo(expected));

    [Test]
    public void Values_compare_as_numbers()
    {
        string[] ascending = ["0.0000000001", "0.000976", "0.0009765625", "0.1", "0.5", "1", "1.000000001", "10", "2147483648"];
        var values = ascending.Select(Parse).ToArray();
        for (var i = 1; i < values.Length; i++)
        {
            Assert.That(values[i - 1] < values[i] && values[i] > values[i - 1] && values[i] >= values[i], Is.True, ascending[i]);
        }
    }

    [TestCase("1", "00000000ffff0000000000000000000000000000000000000000000000000000", 4_295_032_833ul)]
    [TestCase("2147483648", "0000000000000001fffe00000000000000000000000000000000000000000000", 9223512776490647552ul)]
    [TestCase("0.000000000232830643653869628906250", "ffff000000000000000000000000000000000000000000000000000000000000", 1ul)]
    [TestCase("0.0000000001", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", 1ul)]
    [TestCase("0.001", "000003e7fc180000000000000000000000000000000000000000000000000000", 4_295_032ul)]
    [TestCase("3", "0000000055550000000000000000000000000000000000000000000000000000", 12_885_098_499ul)]
    public void Targets_are_exact_floors(string text, string target, ulong work)
    {
        var difficulty = text.Length > 20 ? Difficulty.FromPowerOfHalf(32) : Parse(text);
        var made = Bitcoin.Get(difficulty);
        Assert.That(made.Target.ToString(), Is.EqualTo(target));
        Assert.That(made.Work, Is.EqualTo(work));
    }

    [Test]
    public void Any_difficulty_has_the_floor_of_its_target_and_work()
    {
        const int seed = 11;
        var random = new Random(seed);
        for (var i = 0; i < 1_000; i++)
        {
            var places = random.Next(0, 11);
            var text = new decimal(random.NextInt64(1, 1L << 31)) / (decimal)Math.Pow(10, places);
            if (!Difficulty.TryParse(text.ToString(CultureInfo.InvariantCulture), out var difficulty)) continue;

            var made = Bitcoin.Get(difficulty);
            var scaled = new BigInteger(text * 10_000_000_000m);
            var expected = BigInteger.Min(BitcoinOne.ToBigInteger() * 10_000_000_000 / scaled, UInt256.Max.ToBigInteger());
            Assert.That(made.Target.ToBigInteger(), Is.EqualTo(expected), $"seed {seed}, {text}");
            Assert.That(new BigInteger(made.Work), Is.EqualTo((BigInteger.One << 256) / (expected + 1)), $"seed {seed}, {text}");
        }
    }

    [Test]
    public void Difficulty_one_of_litecoin_is_65537_hashes() => Assert.That(Litecoin.Get(Difficulty.One).Work, Is.EqualTo(65_537));

    [Test]
    public void Equal_difficulties_are_one_object()
    {
        var first = Bitcoin.Get(Difficulty.FromInteger(42));
        Assert.That(Bitcoin.Get(Parse("42.0")), Is.SameAs(first));
    }

    [Test]
    public void Odd_values_of_miners_cannot_fill_the_table()
    {
        var table = new DifficultyTable(BitcoinOne);
        for (var i = 1; i <= DifficultyTable.ValuesMax; i++) table.Get(Difficulty.FromInteger(i));

        var beyond = Difficulty.FromInteger(1_000_000);
        Assert.That(table.Get(beyond), Is.EqualTo(Bitcoin.Get(beyond)));
        var (again, one) = (table.Get(beyond), table.Get(Difficulty.One));
        Assert.That(table.Get(beyond), Is.Not.SameAs(again));
        Assert.That(table.Get(Parse("1")), Is.SameAs(one));
    }

    [TestCase(0x207fffffu)]
    [TestCase(0x1e0377aeu)]
    [TestCase(0x1d00ffffu)]
    [TestCase(0x1b0404cbu)]
    [TestCase(0x2100ffffu)]
    public void A_share_target_is_never_harder_than_the_block_target(uint nbits)
    {
        var block = TargetOf(nbits);
        foreach (var table in new[] { Bitcoin, Litecoin })
        {
            foreach (var text in new[] { "0.0000000001", "0.001", "0.7", "1", "2", "99", "65536", "2147483648" })
            {
                var wanted = Parse(text);
                var clamped = table.ClampTo(table.Get(wanted), block);
                Assert.That(clamped.Target >= block, Is.True, text);
                Assert.That(clamped.Difficulty <= wanted, Is.True, text);
                Assert.That(clamped.Difficulty == wanted || clamped.Target.ToBigInteger() < 2 * block.ToBigInteger() + 2
                    || clamped.Target == UInt256.Max, Is.True, "not easier than need be: " + text);
            }
        }
    }

    [Test]
    public void A_target_equal_to_that_of_the_block_is_left_alone()
    {
        var one = Bitcoin.Get(Difficulty.One);
        Assert.That(Bitcoin.ClampTo(one, BitcoinOne), Is.SameAs(one));
        var below = UInt256.FromBigInteger(BitcoinOne.ToBigInteger() + 1);
        Assert.That(Bitcoin.ClampTo(one, below).Difficulty, Is.EqualTo(Difficulty.FromPowerOfHalf(1)));
    }

    private static Difficulty Parse(string text) => Difficulty.TryParse(text, out var value) ? value : throw new ArgumentException(text);

    private static UInt256 TargetOf(uint nbits) => Targets.TryFromCompact(nbits, out var target) ? target : default;
}
