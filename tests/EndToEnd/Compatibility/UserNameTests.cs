using Viddhana.Tests.EndToEnd.Compatibility.Harness;
using Viddhana.Tests.EndToEnd.Harness;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd.Compatibility;

/// <summary>User names on their way from the wire through the journal into the database.</summary>
public sealed class UserNameTests
{
    private const int NameMax = 191;

    private string _address = "";
    private SimulatedChain? _chain;
    private RunningPool? _pool;
    private KeptJournal? _journal;

    [OneTimeSetUp]
    public async Task Start()
    {
        _chain = await SimulatedChain.Start("1e0346dc", transactions: 0);
        _address = await _chain.NewAddress("miners");
        _pool = await RunningPool.Start(new PoolSetup
        {
            Address = await _chain.NewAddress("pool"),
            Nodes = [_chain.Url],
            StartDifficulty = "0.0000000001",
        });
        _journal = new KeptJournal(Path.Combine(_pool.Data, "journal"));
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_journal is not null) await _journal.DisposeAsync();
        if (_pool is not null) await _pool.DisposeAsync();
        if (_chain is not null) await _chain.DisposeAsync();
    }

    [Test]
    [Category("a67")]
    public async Task Names_reach_the_database_as_the_miner_wrote_them_but_for_one_spelling_of_the_address()
    {
        var longest = _address + "." + new string('w', NameMax - _address.Length - 1);
        (string Sent, string Kept)[] names =
        [
            (_address, _address),
            (_address + ".", _address),
            (_address + ".w1", _address + ".w1"),
            (_address + "_w2", _address + ".w2"),
            (_address + ".w_3~mod", _address + ".w_3~mod"),
            (_address + "~mod", _address + ".~mod"),
            (_address + "%2Ew4", _address + ".w4"),
            (_address + ".100%", _address + ".100%"),
            (_address + ".a.b_c:d/e+f@g#h$i&j=k,l;m|n(o)[p]{q}<r>!?*^'`-", _address + ".a.b_c:d/e+f@g#h$i&j=k,l;m|n(o)[p]{q}<r>!?*^'`-"),
            (_address.ToUpperInvariant() + ".W5", _address + ".W5"),
            (_address + ".ünïcödé 6", _address + ".ncd6"),
            (_address + ".DROP TABLE workers; --", _address + ".DROPTABLEworkers;--"),
            (longest, longest),
        ];
        var sent = new Dictionary<string, long>();
        foreach (var (name, kept) in names)
        {
            using var client = await WireClient.Connect(_pool!.Setup.StratumPort);
            await client.LogIn(name);
            var shares = sent.Count + 1;
            for (var i = 0; i < shares; i++)
                Assert.That(
                    await client.Ask(MinedShare.Try(client, (ulong)i).Submit("4", name)),
                    Is.EqualTo("""{"id":4,"result":true,"error":null}"""), name);
            sent[kept] = sent.GetValueOrDefault(kept) + shares;
        }

        var journal = _journal!.Read().Shares.Values.GroupBy(share => share.Worker).ToDictionary(g => g.Key, g => g.LongCount());
        Assert.That(journal, Is.EquivalentTo(sent), "the journal");
        var books = new Books(_pool!);
        var credited = await Eventually.Get(
            "all shares are in the database", books.SharesByWorker, rows => rows.Values.Sum(row => row.Shares) == sent.Values.Sum());
        Assert.That(credited.ToDictionary(row => row.Key, row => row.Value.Shares), Is.EquivalentTo(sent), "the database");
        Assert.That(await books.Scalar<long>("SELECT count(*) FROM accounts WHERE name LIKE 'bcrt1%'"), Is.EqualTo(1), "one address");
    }

    [TestCase("bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a")]
    [TestCase("kaspa:qqkqkzjvr7zwxxmjxjkmxxdwju9kjs6e9u82uh59z07vgaks6gg62v8707g73.rig")]
    [TestCase(".rig")]
    [TestCase("_rig")]
    [TestCase("rig")]
    [TestCase("../../etc/passwd")]
    [Category("a67")]
    public async Task A_name_of_another_coin_or_none_is_refused(string name)
    {
        using var client = await WireClient.Connect(_pool!.Setup.StratumPort);
        await client.Ask("""{"id":1,"method":"mining.subscribe","params":[]}""");
        Assert.That(
            await client.Ask($$"""{"id":2,"method":"mining.authorize","params":["{{name}}","x"]}"""),
            Is.EqualTo(
                """{"id":2,"result":false,"error":[24,"Unknown account: the user name must begin with your payout address",null]}"""));
    }

    [TestCase(1)]
    [TestCase(200)]
    [TestCase(1_000)]
    [Category("a67")]
    public async Task A_name_longer_than_191_characters_is_refused_and_not_cut(int more)
    {
        using var client = await WireClient.Connect(_pool!.Setup.StratumPort);
        await client.Ask("""{"id":1,"method":"mining.subscribe","params":[]}""");
        var name = _address + "." + new string('w', NameMax - _address.Length - 1 + more);
        Assert.That(
            await client.Ask($$"""{"id":2,"method":"mining.authorize","params":["{{name}}","x"]}"""),
            Is.EqualTo("""{"id":2,"result":false,"error":[24,"User name too long",null]}"""));
    }
}
