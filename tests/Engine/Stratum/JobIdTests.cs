using System.Text.RegularExpressions;

namespace Viddhana.Tests.Engine.Stratum;

/// <summary>Job ids and what they stand for, over more time than anybody remembers them.</summary>
public sealed partial class JobIdTests
{
    [Test]
    [Category("a38")]
    [Category("a45")]
    public void Over_an_hour_no_id_comes_again_and_none_stands_for_the_work_of_another()
    {
        var rig = new Rig();
        var seen = new Dictionary<string, string>();
        Take(rig.Send(Rig.Subscribe + Rig.Authorize));
        for (var second = 1; second <= 3_600; second++)
        {
            if (second % 30 == 0) Take(rig.Publish(rig.MakeJob(tip: (uint)(second / 600), isNewTip: second % 600 == 0)));
            if (second % 77 == 0) Take(rig.Send(Rig.Ask("5", "mining.suggest_difficulty", $"[{1_000 + second}]")));
            Take(rig.Tick(1_000));
        }

        Assert.That(seen, Has.Count.GreaterThan(120));
        Assert.That(seen.Values.ToHashSet(), Has.Count.EqualTo(seen.Count), "the same work under two ids");

        void Take(string output)
        {
            foreach (Match match in Notify().Matches(output))
            {
                var (id, work) = (match.Groups["id"].Value, match.Groups["work"].Value);
                Assert.That(id, Does.Match("^[!-~]{1,16}$"), "printable, and at most 16 characters");
                Assert.That(seen.TryAdd(id, work), $"{id} came before");
            }
        }
    }

    // Nothing changes in these templates but the coinbase, and their time stands still: the worst case.
    [GeneratedRegex("""mining\.notify","params":\["(?<id>[^"]*)",(?<work>.*),(true|false)\]\}""")]
    private static partial Regex Notify();
}
