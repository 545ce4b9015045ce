using Ddpm.Pure.Sampling;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Sampling;

public sealed class ClassConditionLaws
{
    [Law]
    public bool An_image_s_class_is_the_chosen_one_or_its_turn(byte classes, byte chosen, ushort image)
    {
        var k = 1 + classes;
        return ClassCondition.Of(k, Some(chosen % k)).Valid().ClassOf(image) == chosen % k
            && ClassCondition.Of(k, None).Valid().ClassOf(image) == image % k;
    }

    [Law]
    public bool Classes_come_again_after_a_period_and_not_before(byte classes, bool alone, ushort image)
    {
        var condition = ClassCondition.Of(1 + classes, alone ? Some(0) : None).Valid();
        return condition.ClassOf(image + condition.Period) == condition.ClassOf(image)
            && Enumerable.Range(image, condition.Period).Select(condition.ClassOf).Distinct().Count() == condition.Period;
    }

    [Fact]
    public void Every_fault_is_told()
    {
        Assert.Equal(["class must lie in [0, 9], got 10"], ClassCondition.Of(10, 10).Faults());
        Assert.Equal(["class needs a run that was trained with --conditional, got 2"], ClassCondition.Of(0, 2).Faults());
        Assert.Equal("class must lie in [0, 9], got -1", Assert.Single(ClassCondition.Of(10, -1).Faults()));
    }
}
