using Viddhana.Engine.Node;

namespace Viddhana.Tests.Engine.Node;

internal sealed class SubmitVerdictTests
{
    [TestCase("null", SubmitOutcome.Accepted, "accepted")]
    [TestCase("\"duplicate\"", SubmitOutcome.Accepted, "duplicate")]
    [TestCase("\"inconclusive\"", SubmitOutcome.Stored, "inconclusive")]
    [TestCase("\"duplicate-inconclusive\"", SubmitOutcome.Stored, "duplicate-inconclusive")]
    [TestCase("\"duplicate-invalid\"", SubmitOutcome.Rejected, "duplicate-invalid")]
    [TestCase("\"high-hash\"", SubmitOutcome.Rejected, "high-hash")]
    [TestCase("\"bad-cb-height\"", SubmitOutcome.Rejected, "bad-cb-height")]
    [TestCase("\"rejected\"", SubmitOutcome.Rejected, "rejected")]
    [TestCase("\"rejected: bad-txnmrklroot\"", SubmitOutcome.Rejected, "bad-txnmrklroot")]
    [TestCase("\"rejected: time-too-new\"", SubmitOutcome.Retry, "time-too-new")]
    [TestCase("\"time-too-new\"", SubmitOutcome.Retry, "time-too-new")]
    [TestCase("\"prev-blk-not-found\"", SubmitOutcome.Retry, "prev-blk-not-found")]
    public async Task Words(string result, object outcome, string reason) =>
        await Judge(FakeReply.Result(result), outcome, reason);

    [TestCase(-22, "Block decode failed", SubmitOutcome.Rejected)]
    [TestCase(-27, "already in chain", SubmitOutcome.Accepted)]
    [TestCase(-28, "Loading", SubmitOutcome.Retry)]
    [TestCase(-25, "system error", SubmitOutcome.Retry)]
    [TestCase(-1, "whatever", SubmitOutcome.Retry)]
    [TestCase(-32601, "Method not found", SubmitOutcome.Unable)]
    public async Task Errors(int code, string message, object outcome) =>
        await Judge(FakeReply.Error(code, message), outcome, message);

    [TestCase(401)]
    [TestCase(503)]
    [TestCase(502)]
    public async Task What_never_reached_the_node_is_tried_again(int status) =>
        await Judge(FakeReply.Http(status, ""), SubmitOutcome.Retry, "");

    [TestCase(null, null)]
    [TestCase("duplicate", null)]
    [TestCase("inconclusive-not-best-prevblk", null)]
    [TestCase("bad-txnmrklroot", "bad-txnmrklroot")]
    [TestCase("rejected: bad-cb-amount", "bad-cb-amount")]
    [TestCase("duplicate-invalid", "duplicate-invalid")]
    public void A_proposal_is_distrusted_only_for_what_is_wrong_with_the_block(string? result, string? objection)
    {
        Assert.That(Proposal.Objection(result), Is.EqualTo(objection));
    }

    private static async Task Judge(FakeReply answer, object outcome, string reason)
    {
        await using var node = new FakeNode();
        node.On("submitblock", _ => answer);
        using var client = new NodeClient(node.Config());

        using var reply = await client.SubmitBlockAsync("00"u8.ToArray(), 20_000, CancellationToken.None);
        var verdict = SubmitVerdict.Of(reply);

        Assert.That(verdict.Outcome, Is.EqualTo(outcome));
        Assert.That(verdict.Reason, Does.Contain(reason));
    }
}
