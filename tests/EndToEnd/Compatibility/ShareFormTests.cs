using Viddhana.Tests.EndToEnd.Compatibility.Harness;

namespace Viddhana.Tests.EndToEnd.Compatibility;

/// <summary>
/// mining.submit in all its forms. About every second hash is a share, so what the engine says of some dozen shares shows which headers it
/// hashed: the tests build the same headers by themselves.
/// </summary>
public sealed class ShareFormTests : ShareFixture
{
    [Test]
    [Category("a54")]
    public async Task Five_parameters_mean_the_template_version()
    {
        using var client = await ConnectAndLogIn();
        for (var i = 0ul; i < Samples; i++) await AssertVerdict(client, MinedShare.Try(client, i), null);
    }

    [Test]
    [Category("a54")]
    public async Task Five_parameters_mean_the_template_version_also_after_configure()
    {
        using var client = await Connect();
        await client.Ask(Configure);
        await client.LogIn(User);
        for (var i = 0ul; i < Samples; i++) await AssertVerdict(client, MinedShare.Try(client, i), null);
    }

    [Test]
    [Category("a54")]
    public async Task Six_parameters_mean_the_template_version_with_the_bits_that_were_rolled()
    {
        using var client = await Connect();
        await client.Ask(Configure);
        await client.LogIn(User);
        for (var i = 0u; i < Samples; i++)
            await AssertVerdict(client, MinedShare.Try(client, i, version: 0x20000000 | (i << 13)), Hex8(i << 13));
    }

    [Test]
    [Category("a54")]
    public async Task A_sixth_parameter_without_configure_may_not_roll_a_bit()
    {
        using var client = await ConnectAndLogIn();
        for (var i = 0u; i < Samples; i++) await AssertVerdict(client, MinedShare.Try(client, i), "00000000");
        var rolled = MinedShare.Try(client, 100, version: 0x20002000);
        Assert.That(await client.Ask(rolled.Submit("4", User, "00002000")), Is.EqualTo(Refused(20, "Version bits not allowed")));
    }

    [TestCase("00000001")]
    [TestCase("00001000", Description = "the bit below the mask")]
    [TestCase("20000000", Description = "the bit above it, which the template has itself")]
    [TestCase("e0001fff")]
    [TestCase("ffffffff")]
    [Category("a56")]
    public async Task Bits_outside_the_mask_are_refused(string bits)
    {
        using var client = await Connect();
        await client.Ask(Configure);
        await client.LogIn(User);
        for (var i = 0ul; i < 4; i++)
            Assert.That(
                await client.Ask(MinedShare.Try(client, i).Submit("4", User, bits)), Is.EqualTo(Refused(20, "Version bits not allowed")));
    }

    [Test]
    [Category("a56")]
    public async Task A_bit_of_the_pool_that_the_miner_did_not_ask_for_is_outside_its_mask()
    {
        using var client = await Connect();
        await client.Ask("""{"id":9,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"00c00000"}]}""");
        await client.LogIn(User);
        Assert.That(await client.Ask(MinedShare.Try(client, 1).Submit("4", User, "00002000")),
            Is.EqualTo(Refused(20, "Version bits not allowed")));
        for (var i = 2u; i < Samples; i++)
            await AssertVerdict(client, MinedShare.Try(client, i, version: 0x20400000), "00400000");
    }

    [TestCase("00c0000")]
    [TestCase("000c00000")]
    [TestCase("0x00c000")]
    [TestCase("")]
    [Category("a56")]
    public async Task Version_bits_are_eight_digits(string bits)
    {
        using var client = await Connect();
        await client.Ask(Configure);
        await client.LogIn(User);
        Assert.That(await client.Ask(MinedShare.Try(client, 1).Submit("4", User, bits)), Is.EqualTo(Refused(20, "Malformed share")));
    }

    [TestCase(0x003b9a12u)]
    [TestCase(0x0000000fu)]
    [TestCase(0u)]
    [TestCase(0x0abcdef1u)]
    [Category("a57")]
    public async Task A_nonce_without_its_leading_zeros_is_the_same_nonce(uint nonce)
    {
        using var client = await ConnectAndLogIn();
        var counter = 0ul;
        while (!MinedShare.Try(client, counter, nonce).IsShare) counter++;
        var share = MinedShare.Try(client, counter, nonce);
        var padded = share.Submit("4", User);
        var shortened = padded.Replace($"\"{share.Nonce}\"", $"\"{nonce:x}\"", StringComparison.Ordinal);
        Assert.That(shortened, Has.Length.LessThan(padded.Length));
        Assert.That(await client.Ask(shortened), Is.EqualTo(Accepted));
        Assert.That(await client.Ask(padded), Is.EqualTo(Refused(22, "Duplicate share")));
    }

    [TestCase("\"000000001\"")]
    [TestCase("\"0000000000000001\"")]
    [TestCase("\"\"")]
    [TestCase("\"0x3b9a12\"")]
    [TestCase("\" 3b9a12\"")]
    [TestCase("\"+3b9a12\"")]
    [TestCase("3906066")]
    [TestCase("null")]
    [Category("a57")]
    public async Task What_is_no_nonce_is_refused(string nonce)
    {
        using var client = await ConnectAndLogIn();
        var share = MinedShare.Try(client, 1, 1);
        var line = share.Submit("4", User).Replace("\"00000001\"]", nonce + "]", StringComparison.Ordinal);
        Assert.That(line, Does.Contain(nonce));
        Assert.That(await client.Ask(line), Is.EqualTo(Refused(20, "Malformed share")));
    }

    [TestCase("")]
    [TestCase("01")]
    [TestCase("00000000000001")]
    [TestCase("000000000000001")]
    [TestCase("000000000000000001")]
    [TestCase("000000000000000g")]
    [Category("a58")]
    public async Task Extranonce2_has_exactly_the_size_that_was_agreed(string extranonce2)
    {
        using var client = await ConnectAndLogIn();
        Assert.That(client.Extranonce2Size, Is.EqualTo(8));
        var line = MinedShare.Try(client, 1).Submit("4", User)
            .Replace("\"0000000000000001\"", $"\"{extranonce2}\"", StringComparison.Ordinal);
        Assert.That(await client.Ask(line), Is.EqualTo(Refused(20, "Malformed share")));
    }

    [Test]
    [Category("a58")]
    public async Task One_share_counts_once_in_capitals_or_not()
    {
        using var client = await ConnectAndLogIn();
        var share = MinedShare.Find(client, 0xabcdef, each => each.IsShare && each.Nonce.Any(char.IsLetter));
        var small = share.Submit("4", User);
        var capitals = small;
        foreach (var field in (string[])[share.Extranonce2, share.Ntime, share.Nonce, share.Job.Id])
            capitals = capitals.Replace($"\"{field}\"", $"\"{field.ToUpperInvariant()}\"", StringComparison.Ordinal);
        Assert.That(capitals, Is.Not.EqualTo(small));
        Assert.That(await client.Ask(capitals), Is.EqualTo(Accepted));
        Assert.That(await client.Ask(small), Is.EqualTo(Refused(22, "Duplicate share")));
        Assert.That(await client.Ask(capitals), Is.EqualTo(Refused(22, "Duplicate share")));
    }

    [Test]
    [Category("a59")]
    public async Task Times_from_the_templates_least_to_two_hours_ahead_are_allowed()
    {
        using var client = await Engine.ConnectOnTip();
        var least = await LeastTime();
        var time = Convert.ToUInt32(client.Job!.Ntime, 16);
        var counter = 0ul;
        foreach (var allowed in (uint[])[time, time + 1, time + 600, time + 7_000, time + 7_200, least])
        {
            var share = MinedShare.Find(client, counter++, each => each.IsShare, ntime: Hex8(allowed));
            Assert.That(await client.Ask(share.Submit("4", User)), Is.EqualTo(Accepted), $"job {time}, least {least}, share {allowed}");
        }
    }

    [Test]
    [Category("a59")]
    public async Task Times_before_the_templates_least_or_more_than_two_hours_ahead_are_refused()
    {
        // The clock of a job runs on: a job this young has not won a minute.
        await Engine.Chain.OtherMinersFind(1);
        using var client = await Engine.ConnectOnTip();
        var least = await LeastTime();
        var time = Convert.ToUInt32(client.Job!.Ntime, 16);
        foreach (var refused in (uint[])[least - 1, 0, 1, time + 7_201 + 600, time + 86_400, uint.MaxValue])
        {
            var share = MinedShare.Find(client, refused, each => each.IsShare, ntime: Hex8(refused));
            Assert.That(
                await client.Ask(share.Submit("4", User)), Is.EqualTo(Refused(20, "Time out of range")),
                $"job {time}, least {least}, share {refused}");
        }
    }

    [TestCase("\"0\"")]
    [TestCase("\"\"")]
    [TestCase("\"1234567\"")]
    [TestCase("\" 1234567\"")]
    [TestCase("1700000000")]
    [Category("a59")]
    public async Task A_time_is_eight_digits(string ntime)
    {
        using var client = await ConnectAndLogIn();
        var share = MinedShare.Try(client, 1);
        var line = share.Submit("4", User).Replace($"\"{share.Ntime}\"", ntime, StringComparison.Ordinal);
        Assert.That(await client.Ask(line), Is.EqualTo(Refused(20, "Malformed share")));
    }

    [Test]
    [Category("a61")]
    public async Task Before_the_login_shares_are_refused_by_what_is_missing_and_the_connection_stays()
    {
        using var client = await Connect();
        const string Share = """{"id":4,"method":"mining.submit","params":["rig","1","0000000000000001","6650fa1c","00000001"]}""";
        Assert.That(await client.Ask(Share), Is.EqualTo(Refused(25, "Not subscribed")));
        await client.Ask("""{"id":1,"method":"mining.subscribe","params":[]}""");
        Assert.That(await client.Ask(Share), Is.EqualTo(Refused(24, "Unauthorized worker")));
        await client.Ask($$"""{"id":2,"method":"mining.authorize","params":["{{User}}","x"]}""");
        await client.WaitForJob(_ => true);
        Assert.That(await client.Ask(MinedShare.Find(client, 1, share => share.IsShare).Submit("4", User)), Is.EqualTo(Accepted));
    }

    [Test]
    [Category("a61")]
    public async Task Authorized_but_not_subscribed_is_not_subscribed()
    {
        using var client = await Connect();
        await client.Ask($$"""{"id":2,"method":"mining.authorize","params":["{{User}}","x"]}""");
        Assert.That(
            await client.Ask($$"""{"id":4,"method":"mining.submit","params":["{{User}}","1","0000000000000001","6650fa1c","00000001"]}"""),
            Is.EqualTo(Refused(25, "Not subscribed")));
    }

    [Test]
    [Category("a62")]
    public async Task The_hash_nearest_below_the_target_is_a_share_and_the_one_nearest_above_is_none()
    {
        const int Tries = 200_000;
        const int Near = 10_000;
        using var client = await ConnectAndLogIn();
        var target = StratumHeader.ShareTarget(client.Job!.Difficulty, StratumHeader.BitcoinDifficultyOne);
        var (below, above) = MinedShare.Nearest(client, 1, target, Tries);
        Assert.That((target - below.Hash) * Near, Is.LessThan(target), "near enough to show any tolerance");
        Assert.That((above.Hash - target) * Near, Is.LessThan(target), "near enough to show any tolerance");
        Assert.That(await client.Ask(above.Submit("4", User)), Is.EqualTo(Refused(23, "Low difficulty share")));
        Assert.That(await client.Ask(below.Submit("4", User)), Is.EqualTo(Accepted));
    }

    // The engine gets its jobs from the same place.
    private async Task<uint> LeastTime()
    {
        var template = await Engine.Chain.Rpc.Call("getblocktemplate", new { rules = (string[])["segwit"] });
        return template.GetProperty("mintime").GetUInt32();
    }
}
