using Viddhana.Engine.Node;

namespace Viddhana.Tests.Engine.Node;

internal sealed class TipGuardTests
{
    private static TemplateHead Head(int height, string hash) => new(hash, height, null);

    private static TipGuard At(int height, string hash)
    {
        var guard = new TipGuard();
        guard.Take(Head(height, hash));
        return guard;
    }

    [TestCase(101, "x", true, TipDecision.Refresh, TestName = "The_same_tip_is_a_refresh")]
    [TestCase(101, "x", false, TipDecision.Refresh, TestName = "The_same_tip_from_another_node_is_a_refresh")]
    [TestCase(102, "y", true, TipDecision.NewTip, TestName = "A_higher_tip_is_new")]
    [TestCase(102, "y", false, TipDecision.NewTip, TestName = "A_higher_tip_is_new_from_any_node")]
    [TestCase(101, "y", true, TipDecision.NewTip, TestName = "A_sibling_is_new_when_the_chosen_node_follows_it")]
    [TestCase(101, "y", false, TipDecision.Ignore, TestName = "A_sibling_of_another_node_is_ignored")]
    [TestCase(100, "y", true, TipDecision.Behind, TestName = "A_lower_tip_of_the_chosen_node_is_behind")]
    [TestCase(100, "y", false, TipDecision.Ignore, TestName = "A_lower_tip_of_another_node_is_ignored")]
    public void Judges(int height, string hash, bool isActive, object expected)
    {
        Assert.That(At(101, "x").Judge(Head(height, hash), isActive), Is.EqualTo(expected));
    }

    [Test]
    public void The_first_template_is_a_new_tip()
    {
        Assert.That(new TipGuard().Judge(Head(1, "x"), isActive: false), Is.EqualTo(TipDecision.NewTip));
    }
}
