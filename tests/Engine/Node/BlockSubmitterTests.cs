using System.Collections.Concurrent;
using System.Text;
using Viddhana.Contracts;
using Viddhana.Engine.Node;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Node;

/// <summary>A block is never lost.</summary>
internal sealed class BlockSubmitterTests
{
    private string _directory = "";

    [SetUp]
    public void MakeDirectory() => _directory = Directory.CreateTempSubdirectory("node-candidates-").FullName;

    [TearDown]
    public void RemoveDirectory() => Directory.Delete(_directory, recursive: true);

    private static BlockCandidate Candidate(int number = 1, uint height = 101) => new()
    {
        Found = new BlockFound
        {
            Hash = FakeNode.Hash(0xb10c0000 + number),
            Height = height,
            PrevHash = FakeNode.Hash(100),
            CoinbaseTxid = FakeNode.Hash(7),
            Reward = 5_000_000_000,
            NetworkWork = ((UInt128)1 << 100) + 3,
            Worker = "account.\"rig\"\n",
            ShareSequence = 42,
            ShareUtcMs = 1_700_000_000_000,
            ShareWork = 4_295_032_833,
        },
        BlockHex = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat($"{number:x2}", 200))),
    };

    private string[] Waiting => Directory.GetFiles(_directory, "*.candidate");

    private string[] Done => Directory.GetFiles(Path.Combine(_directory, "done"));

    private (BlockSubmitter Submitter, ConcurrentQueue<BlockVerdict> Verdicts) Open(TestPool pool)
    {
        var verdicts = new ConcurrentQueue<BlockVerdict>();
        return (new BlockSubmitter(_directory, pool.Group, verdicts.Enqueue), verdicts);
    }

    private static Task UntilDone(BlockSubmitter submitter) => Eventually.True(() => submitter.Pending == 0, "no candidate was pending");

    [Test]
    public async Task An_accepted_block_goes_to_every_node_and_is_told_once()
    {
        await using var first = new FakeNode();
        await using var second = new FakeNode();
        var sent = new ConcurrentQueue<string>();
        foreach (var node in new[] { first, second })
        {
            node.On("submitblock", p =>
            {
                sent.Enqueue(p[0].GetString()!);
                return FakeReply.Result(sent.Count == 1 ? "null" : "\"duplicate\"");
            });
        }

        await using var pool = new TestPool(first, second);
        var (submitter, verdicts) = Open(pool);
        await using var _ = submitter;
        var candidate = Candidate();

        submitter.Submit(candidate);
        submitter.Submit(candidate);
        await UntilDone(submitter);
        submitter.Submit(candidate);
        await UntilDone(submitter);

        Assert.That(sent, Is.EqualTo(new[] { Encoding.ASCII.GetString(candidate.BlockHex), Encoding.ASCII.GetString(candidate.BlockHex) }));
        Assert.That(verdicts, Has.Count.EqualTo(1));
        Assert.That(verdicts.Single(), Has.Property("Accepted").True.And.Property("Hash").EqualTo(candidate.Found.Hash));
        Assert.That(Waiting, Is.Empty);
        Assert.That(Done, Has.Length.EqualTo(1));
        var lines = await File.ReadAllLinesAsync(Done[0]);
        Assert.That(lines[1], Is.EqualTo(Encoding.ASCII.GetString(candidate.BlockHex)), "the block is the second line");
        Assert.That(lines[2], Does.Contain("accepted").Or.Contain("duplicate"));
    }

    [Test]
    public async Task The_candidate_is_on_disk_before_any_node_is_asked()
    {
        await using var node = new FakeNode();
        var waitingWhenAsked = -1;
        node.On("submitblock", _ =>
        {
            waitingWhenAsked = Waiting.Length;
            return FakeReply.Result("null");
        });
        await using var pool = new TestPool(node);
        var (submitter, _) = Open(pool);
        await using var dispose = submitter;

        submitter.Submit(Candidate());
        Assert.That(Waiting.Length + Done.Length, Is.EqualTo(1), "the file is there when Submit returns");
        await UntilDone(submitter);

        Assert.That(waitingWhenAsked, Is.EqualTo(1));
    }

    [Test]
    public async Task A_node_that_is_down_gets_the_block_when_it_is_back()
    {
        await using var node = new FakeNode();
        node.On("submitblock", _ => FakeReply.Result("null"));
        await using var pool = new TestPool(node);
        node.Kill();
        var (submitter, verdicts) = Open(pool);
        await using var _ = submitter;

        submitter.Submit(Candidate());
        await pool.UntilLogged("is submitted again");
        Assert.That(verdicts, Is.Empty);

        node.ComeBack();
        await UntilDone(submitter);

        Assert.That(verdicts.Single().Accepted);
    }

    [Test]
    public async Task Of_many_candidates_a_node_that_cannot_take_them_is_asked_about_a_few_again_and_gets_all_in_the_end()
    {
        const int Count = 5 * BlockSubmitter.RetriesAtOnce;
        var asked = new ConcurrentDictionary<string, int>();
        var isReady = false;
        await using var node = new FakeNode();
        node.On("submitblock", parameters =>
        {
            asked.AddOrUpdate(parameters[0].GetString()!, 1, (_, times) => times + 1);
            return Volatile.Read(ref isReady) ? FakeReply.Result("null") : FakeReply.Error(-28, "Verifying blocks...");
        });
        await using var pool = new TestPool(node);
        var (submitter, verdicts) = Open(pool);
        await using var _ = submitter;

        for (var number = 1; number <= Count; number++) submitter.Submit(Candidate(number));
        await Eventually.True(() => asked.Count == Count && asked.Values.Any(times => times > 4), "all were tried, and some often");
        Assert.That(asked.Values.Count(times => times > 1), Is.InRange(1, BlockSubmitter.RetriesAtOnce));

        Volatile.Write(ref isReady, true);
        await UntilDone(submitter);
        Assert.That(verdicts.Count(verdict => verdict.Accepted), Is.EqualTo(Count));
    }

    [Test]
    public async Task A_hung_node_does_not_delay_the_verdict_of_another()
    {
        await using var hung = new FakeNode();
        hung.OnAsync("submitblock", async (_, stop) =>
        {
            await Task.Delay(Timeout.Infinite, stop);
            return FakeReply.Result("null");
        });
        await using var well = new FakeNode();
        well.On("submitblock", _ => FakeReply.Result("null"));
        await using var pool = new TestPool(hung, well);
        var (submitter, verdicts) = Open(pool);

        submitter.Submit(Candidate());
        await Eventually.True(() => verdicts.Count == 1, "the verdict came");

        Assert.That(verdicts.Single().Node, Is.EqualTo(well.Name));
        Assert.That(submitter.Pending, Is.EqualTo(1), "the hung node is still to get it");
        Assert.That(Waiting, Has.Length.EqualTo(1));
        await submitter.DisposeAsync();
        Assert.That(Waiting, Has.Length.EqualTo(1), "what is unfinished stays for the next start");
    }

    [Test]
    public async Task A_restart_goes_on_with_what_was_left()
    {
        await using var node = new FakeNode();
        node.On("submitblock", _ => FakeReply.Error(-28, "Loading block index..."));
        await using var pool = new TestPool(node);
        var (submitter, verdicts) = Open(pool);
        submitter.Submit(Candidate(1));
        submitter.Submit(Candidate(2, 102));
        await pool.UntilLogged("Loading block index");
        await submitter.DisposeAsync();
        Assert.That(verdicts, Is.Empty);

        var sent = new ConcurrentBag<string>();
        node.On("submitblock", p =>
        {
            sent.Add(p[0].GetString()!);
            return FakeReply.Result("null");
        });
        var (next, nextVerdicts) = Open(pool);
        await using var _ = next;
        await UntilDone(next);

        // A call of the first process that was cut off may still arrive.
        Assert.That(sent.Distinct(), Is.EquivalentTo(new[] { 1, 2 }.Select(n => Encoding.ASCII.GetString(Candidate(n).BlockHex))));
        Assert.That(nextVerdicts.Select(v => v.Hash), Is.EquivalentTo(new[] { Candidate(1).Found.Hash, Candidate(2).Found.Hash }));
        Assert.That(Waiting, Is.Empty);
        Assert.That(Done, Has.Length.EqualTo(2));
    }

    [Test]
    public async Task Every_field_survives_the_file()
    {
        await using var node = new FakeNode();
        await using var pool = new TestPool(node);
        node.Kill();
        var (submitter, _) = Open(pool);
        submitter.Submit(Candidate());
        await submitter.DisposeAsync();

        Assert.That(CandidateFile.TryRead(await File.ReadAllBytesAsync(Waiting.Single()), out var owner, out var read));
        Assert.That(owner, Is.EqualTo("test"));
        Assert.That(read!.Found, Is.EqualTo(Candidate().Found));
        Assert.That(read.BlockHex, Is.EqualTo(Candidate().BlockHex));
    }

    [Test]
    public async Task A_file_cut_anywhere_is_set_aside_and_harms_nothing()
    {
        await using var node = new FakeNode();
        await using var pool = new TestPool(node);
        node.Kill();
        var (submitter, _) = Open(pool);
        submitter.Submit(Candidate());
        await submitter.DisposeAsync();
        var whole = await File.ReadAllBytesAsync(Waiting.Single());
        for (var length = 0; length < whole.Length; length++)
            Assert.That(CandidateFile.TryRead(whole.AsSpan(0, length), out var _, out var _), Is.False, $"cut at {length}");

        await File.WriteAllBytesAsync(Waiting.Single(), whole.AsMemory(0, whole.Length / 2).ToArray());
        var (next, verdicts) = Open(pool);
        await using var dispose = next;

        Assert.That(next.Pending, Is.Zero);
        Assert.That(verdicts, Is.Empty);
        Assert.That(Directory.GetFiles(_directory, "*.damaged"), Has.Length.EqualTo(1));
        await pool.UntilLogged("is not a whole block candidate");
    }

    [Test]
    public async Task A_whole_file_that_was_not_renamed_any_more_is_taken_up()
    {
        await using var node = new FakeNode();
        node.On("submitblock", _ => FakeReply.Result("null"));
        await using var pool = new TestPool(node);
        var path = new CandidateStore(_directory, "test").Save(Candidate());
        File.Move(path, path + ".tmp");

        var (submitter, verdicts) = Open(pool);
        await using var dispose = submitter;
        await UntilDone(submitter);

        Assert.That(verdicts.Single().Accepted);
        Assert.That(Done, Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Another_pools_candidates_are_left_alone()
    {
        await using var node = new FakeNode();
        await using var pool = new TestPool(node);
        new CandidateStore(_directory, "other").Save(Candidate());

        var (submitter, _) = Open(pool);
        await using var dispose = submitter;

        Assert.That(submitter.Pending, Is.Zero);
        Assert.That(Waiting, Has.Length.EqualTo(1));
    }

    [Test]
    public async Task The_best_verdict_wins()
    {
        await using var refuses = new FakeNode();
        refuses.On("submitblock", _ => FakeReply.Result("\"bad-cb-amount\""));
        await using var stores = new FakeNode();
        stores.On("submitblock", _ => FakeReply.Result("\"inconclusive\""));
        await using var pool = new TestPool(refuses, stores);
        var (submitter, verdicts) = Open(pool);
        await using var dispose = submitter;

        submitter.Submit(Candidate());
        await UntilDone(submitter);

        Assert.That(verdicts, Is.EqualTo(new[] { new BlockVerdict(Candidate().Found.Hash, true, "inconclusive", stores.Name) }));
    }

    [Test]
    public async Task A_refusal_is_told_though_another_node_stays_silent_and_its_late_acceptance_too()
    {
        await using var refuses = new FakeNode();
        refuses.On("submitblock", _ => FakeReply.Result("\"bad-cb-amount\""));
        await using var late = new FakeNode();
        late.On("submitblock", _ => FakeReply.Result("null"));
        await using var pool = new TestPool(new NodePacing { VerdictPatienceMs = 20 }, "bitcoin", refuses.Config(), late.Config());
        late.Kill();
        var (submitter, verdicts) = Open(pool);
        await using var dispose = submitter;

        submitter.Submit(Candidate());
        await Eventually.True(() => verdicts.Count == 1, "the refusal was told");
        late.ComeBack();
        await UntilDone(submitter);

        Assert.That(verdicts.Select(v => (v.Accepted, v.Reason)), Is.EqualTo(new[] { (false, "bad-cb-amount"), (true, "accepted") }));
    }

    [Test]
    public async Task A_node_that_lacks_the_block_before_gets_it_again()
    {
        await using var node = new FakeNode();
        var asked = 0;
        node.On("submitblock", _ => FakeReply.Result(++asked < 4 ? "\"prev-blk-not-found\"" : "null"));
        await using var pool = new TestPool(node);
        var (submitter, verdicts) = Open(pool);
        await using var dispose = submitter;

        submitter.Submit(Candidate());
        await UntilDone(submitter);

        Assert.That(asked, Is.EqualTo(4));
        Assert.That(verdicts.Single().Accepted);
    }

    [Test]
    public async Task A_node_without_a_verdict_is_given_up_when_the_height_is_a_hundred_deep()
    {
        await using var silent = new FakeNode();
        silent.On("submitblock", _ => FakeReply.Error(-28, "Loading"));
        await using var pool = new TestPool(silent);
        pool.Group.Start();
        var (submitter, verdicts) = Open(pool);
        await using var dispose = submitter;

        submitter.Submit(Candidate(1, 101));
        silent.SetTip(200);
        await Eventually.True(() => pool.Group.BestHeight == 200, "the chain grew");
        var asked = silent.CountOf("submitblock");
        await Eventually.True(() => silent.CountOf("submitblock") > asked + 2, "it was asked again");
        Assert.That(submitter.Pending, Is.EqualTo(1), "99 blocks on top");

        silent.SetTip(201);
        await UntilDone(submitter);

        Assert.That(verdicts.Single(), Has.Property("Accepted").False.And.Property("Reason").Contain("100 deep"));
    }

    [Test]
    public async Task A_node_on_another_network_is_not_asked()
    {
        await using var other = new FakeNode { Chain = "main" };
        await using var node = new FakeNode();
        node.On("submitblock", _ => FakeReply.Result("null"));
        await using var pool = new TestPool(other, node);
        pool.Group.Start();
        await pool.UntilCondition(other, NodeCondition.WrongNetwork);
        var (submitter, verdicts) = Open(pool);
        await using var dispose = submitter;

        submitter.Submit(Candidate());
        await UntilDone(submitter);

        Assert.That(other.CountOf("submitblock"), Is.Zero);
        Assert.That(verdicts.Single().Node, Is.EqualTo(node.Name));
    }

    [Test]
    public async Task A_block_is_submitted_although_its_file_cannot_be_written()
    {
        await using var node = new FakeNode();
        node.On("submitblock", _ => FakeReply.Result("null"));
        await using var pool = new TestPool(node);
        var (submitter, verdicts) = Open(pool);
        await using var dispose = submitter;
        Directory.CreateDirectory(Path.Combine(_directory, CandidateFile.NameOf(Candidate().Found) + ".tmp"));

        submitter.Submit(Candidate());
        await UntilDone(submitter);

        Assert.That(verdicts.Single().Accepted);
        await pool.UntilLogged("cannot be written");
    }

    [Test]
    public async Task Finished_candidates_are_kept_up_to_a_bound()
    {
        await using var node = new FakeNode();
        node.On("submitblock", _ => FakeReply.Result("null"));
        await using var pool = new TestPool(node);
        var (submitter, _) = Open(pool);
        await using var dispose = submitter;

        for (var i = 0; i < CandidateStore.DoneMost + 20; i++)
        {
            submitter.Submit(Candidate(i % 256 + (i << 8), (uint)i));
            await UntilDone(submitter);
        }

        Assert.That(Done, Has.Length.EqualTo(CandidateStore.DoneMost));
    }

    [Test]
    public async Task A_verdict_that_cannot_be_recorded_is_logged_and_the_block_is_finished()
    {
        await using var node = new FakeNode();
        node.On("submitblock", _ => FakeReply.Result("null"));
        await using var pool = new TestPool(node);
        await using var submitter = new BlockSubmitter(_directory, pool.Group, _ => throw new IOException("disk full"));

        submitter.Submit(Candidate());
        await UntilDone(submitter);

        await pool.UntilLogged("disk full");
    }
}
